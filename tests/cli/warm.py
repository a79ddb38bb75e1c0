"""Commands that need PyTorch, as forks of a process that has imported it: importing it takes 2.5 s of processor time.

Before the fork only packages of others are imported, never archc. Each fork has its own arguments, folder, environment,
input and outputs. It runs `archc` as its main module and ends as an interpreter ends.
"""

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

COMMANDS = {"bench", "eval", "export", "import", "look", "predict", "train", "weights"}
PACKAGES = ("numpy", "onnx", "safetensors.torch", "torch")  # onnxruntime starts threads, which a fork lacks
TIMEOUT = 600  # seconds; a machine may be busy


class Warm:
    """The process, started when a command is first run."""

    def __init__(self) -> None:
        self.socket, other = socket.socketpair()
        self.socket.settimeout(TIMEOUT)
        with other:
            self.process = subprocess.Popen(
                [sys.executable, __file__, str(other.fileno())], pass_fds=[other.fileno()], env=ready(os.environ)
            )

    def run(self, arguments: Sequence[str], stdin: bytes, cwd: Path) -> tuple[int, bytes, bytes]:
        """Exit status (negative for a signal), standard output, standard error."""
        read, write = os.pipe()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            message = json.dumps([str(cwd), dict(os.environ), arguments]).encode()
            socket.send_fds(self.socket, [len(message).to_bytes(4, "big")], [read, out.fileno(), err.fileno()])
            self.socket.sendall(message)
            os.close(read)
            threading.Thread(target=_feed, args=(write, stdin)).start()
            status = int.from_bytes(_exactly(self.socket, 4), "big")
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read())
        return os.waitstatus_to_exitcode(status), texts[0], texts[1]


def ready(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which a test runs a command: no width of a terminal, texts in UTF-8."""
    return {name: value for name, value in environment.items() if name != "COLUMNS"} | {"PYTHONIOENCODING": "utf-8"}


def _feed(pipe: int, data: bytes) -> None:
    with suppress(BrokenPipeError), open(pipe, "wb") as file:
        file.write(data)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("the process that forks has ended")
        data += more
    return data


def _serve(connection: socket.socket) -> list[str]:
    """Forks for each request. Returns the arguments in each fork, and leaves the process when the tests end."""
    while True:
        head, places, _, _ = socket.recv_fds(connection, 4, 3)
        if not head:
            os._exit(0)
        folder, environment, arguments = json.loads(_exactly(connection, int.from_bytes(head, "big")))
        child = os.fork()
        if child == 0:
            connection.close()
            for number, place in enumerate(places):
                os.dup2(place, number)
                os.close(place)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(ready(environment))
            return [*arguments]
        for place in places:
            os.close(place)
        connection.sendall(os.waitpid(child, 0)[1].to_bytes(4, "big"))


def _main() -> None:
    for package in PACKAGES:
        __import__(package)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["archc", *_serve(socket.socket(fileno=int(sys.argv[1])))]
    sys.path[0] = str(Path.cwd())  # as `python -m` has it
    runpy.run_module("archc", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
