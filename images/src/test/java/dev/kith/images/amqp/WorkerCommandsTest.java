package dev.kith.images.amqp;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kith.images.Images;
import dev.kith.images.WorkerFailure;
import dev.kith.service.Caller;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class WorkerCommandsTest {
    private static final Caller NOBODY = new Caller("nobody", "worker");
    private static final byte[] PING = new Call("ping", List.of()).bytes();

    /** Images whose every call waits, as long as it is let. */
    private static Images waiting(CountDownLatch interrupted) {
        return (Images) Proxy.newProxyInstance(
                Images.class.getClassLoader(), new Class<?>[] {Images.class}, (_, method, _) -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException ended) {
                        interrupted.countDown();
                        throw new WorkerFailure(method.getName());
                    }
                    throw new AssertionError();
                });
    }

    @Test
    void run_jobWithoutEnd_isEndedAndAnswered() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        WorkerCommands commands = new WorkerCommands(waiting(interrupted), NOBODY, Duration.ofMillis(50));
        assertThatThrownBy(() -> commands.run(PING)).isInstanceOf(WorkerFailure.class);
        interrupted.await();
    }

    @Test
    void run_whatAJobThrows_isThrownAsItIs() {
        WorkerCommands commands = new WorkerCommands(waiting(new CountDownLatch(1)), NOBODY, Duration.ofSeconds(10));
        assertThatThrownBy(() -> commands.run("[]".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(dev.kith.images.json.JsonException.class);
    }
}
