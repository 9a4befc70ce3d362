"""A real broker, and an API and a worker as the original's are described: code of its own, by docs/formats/idios-queue-wire.md."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pika

SERVER = next((p for p in ("/usr/lib/rabbitmq/bin/rabbitmq-server", shutil.which("rabbitmq-server") or "")
               if p and Path(p).exists()), None)
QUEUE = "idios_rpc_queue"
READY_SECONDS = 60


class Broker:
    """RabbitMQ in a folder of the test's own, on ports of its own."""

    def __init__(self, folder: Path) -> None:
        assert SERVER, "rabbitmq-server is missing (Debian, Ubuntu: apt-get install rabbitmq-server)"
        self.port, distribution, mapper = free_port(), free_port(), free_port()
        (folder / "plugins").write_text("[].")
        environment = os.environ | {
            "HOME": str(folder),
            "RABBITMQ_BASE": str(folder),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_NODENAME": f"kith{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "ERL_EPMD_PORT": str(mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        self.log = folder / "broker.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [SERVER], env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}"
        self.environment = environment
        wait_until(self._listens, READY_SECONDS, lambda: self.log.read_text(errors="replace")[-2000:])

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def waiting(self) -> int:
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            try:
                return connection.channel().queue_declare(QUEUE, passive=True).method.message_count
            except pika.exceptions.ChannelClosedByBroker:
                return 0

    def without_memory(self, so: bool) -> None:
        """Raises the broker's alarm, at which it reads nothing more from connections that publish; or ends it."""
        self._control("set_vm_memory_high_watermark", "0.00000001" if so else "0.8")

    def blocked(self) -> int:
        """Connections that it holds back."""
        return self._control("list_connections", "state").split().count("blocked")

    def largest_message(self, size: int) -> None:
        """Channels that are opened from now on are closed over a message of more bytes."""
        self._control("eval", f"application:set_env(rabbit, max_message_size, {size}), "
                              f"persistent_term:put(max_message_size, {size}).")

    def delete_work_queue(self) -> None:
        if self.has_work_queue():
            self._control("delete_queue", QUEUE)

    def close_connections(self) -> None:
        self._control("close_all_connections", "for a test")

    def has_work_queue(self) -> bool:
        return QUEUE in self._control("list_queues", "name").split()

    def _control(self, *command: str) -> str:
        program = str(Path(SERVER).with_name("rabbitmqctl"))
        done = subprocess.run(
            [program, "--quiet", *command], env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
        # The port mapper outlives the node, and does not end before it has noticed that the node is gone.
        wait_until(self._ends_mapper, 10)

    def _ends_mapper(self) -> bool:
        ended = subprocess.run(["epmd", "-kill"], env=self.environment, capture_output=True, timeout=30, check=False)
        return ended.returncode == 0


class OriginalApi:
    """Asks as the original's API: a connection and a reply queue for each call."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker

    def call(self, command: str, *arguments: Any, seconds: float = 60.0) -> Any:
        with pika.BlockingConnection(pika.URLParameters(self.broker.url)) as connection:
            channel = connection.channel()
            replies = channel.queue_declare("", exclusive=True).method.queue
            wanted = str(uuid.uuid4())
            answers: list[bytes] = []

            def replied(_channel, _method, properties, body: bytes) -> None:
                if properties.correlation_id == wanted:
                    answers.append(body)

            channel.basic_consume(replies, replied, auto_ack=True)
            channel.basic_publish(
                "", QUEUE, json.dumps([command, list(arguments)]).encode(),
                pika.BasicProperties(reply_to=replies, correlation_id=wanted))
            end = time.monotonic() + seconds
            while not answers and time.monotonic() < end:
                connection.process_data_events(0.1)
            assert answers, f"no answer to {command} in {seconds} s"
            return json.loads(answers[0])


class OriginalWorker:
    """Answers as the original's worker does, with what the test says; keeps the calls that came."""

    def __init__(self, broker: Broker, answer: Callable[[str, list], Any]) -> None:
        self.calls: list[tuple[str, list]] = []
        self.properties: list[pika.BasicProperties] = []
        self.answer = answer
        self.connection = pika.BlockingConnection(pika.URLParameters(broker.url))
        self.channel = self.connection.channel()
        self.channel.queue_declare(QUEUE)
        self.channel.basic_qos(prefetch_count=1)
        self.channel.basic_consume(QUEUE, self._work)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.stopping = False
        self.thread.start()

    def _run(self) -> None:
        while not self.stopping:
            self.connection.process_data_events(0.05)
        self.connection.close()

    def _work(self, channel, method, properties, body: bytes) -> None:
        command, arguments = json.loads(body)
        self.calls.append((command, arguments))
        self.properties.append(properties)
        try:
            reply = self.answer(command, arguments)
        except Exception as fault:  # as the original: whatever it is, by its class's name
            reply = {"exception_type": type(fault).__name__, "exception_args": list(fault.args)}
        channel.basic_publish(
            "", properties.reply_to, json.dumps(reply).encode(),
            pika.BasicProperties(correlation_id=properties.correlation_id))
        channel.basic_ack(method.delivery_tag)

    def close(self) -> None:
        self.stopping = True
        self.thread.join(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], bool], seconds: float, said: Callable[[], str] = str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain; {said()}"
        time.sleep(0.1)
