"""How a peer is driven: one command a line on standard input, one reply a line on standard output.

A reply is `ok name=value …` or `error text`. While no command runs the process sleeps in a read, so that a peer and
Kith never compute at the same time.
"""

import sys
import traceback
from collections.abc import Callable

Commands = dict[str, Callable[..., dict[str, object]]]


def serve(commands: Commands) -> None:
    for line in sys.stdin:
        name, *arguments = line.rstrip("\n").split("\t")
        try:
            reply = commands[name](*arguments)
            text = "\t".join(["ok", *(f"{key}={value}" for key, value in reply.items())])
        except Exception as fault:  # whatever it is, the driver must hear of it
            traceback.print_exc()
            text = f"error\t{type(fault).__name__}: {fault}".replace("\n", " ")
        print(text, flush=True)
