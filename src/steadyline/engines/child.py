"""An engine in a process of its own, the child's side: `python -m steadyline.engines.child FD THREADS NICE`.

Loading a model holds Python's global lock for hundreds of milliseconds in some C libraries (figures in docs/decisions);
here nobody else waits for it. The parent's side is `remote.py`. The two speak pickled tuples over a socket pair that
nobody else can reach:

    parent → child   ("load", "module:Class", arguments), then ("call", number, method, arguments, wants_text), ("cancel", number)
    child → parent   ("loaded", attributes) or ("failed", error), then ("text", number, piece), ("result", number, value),
                     ("error", number, error)

The child ends when the parent does.
"""

import ctypes
import importlib
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

from steadyline.errors import EngineError, SteadylineError

PR_SET_PDEATHSIG = 1
ATTRIBUTES = ("rate_hz", "context_tokens")
"""Attributes of engines that the parent needs without asking."""


class EngineChild:
    """Serves one engine to the parent, several calls at once."""

    def __init__(self, connection: Connection, threads: int) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._cancelled: set[int] = set()
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="engine")
        # All threads start now, so that their number never changes afterwards.
        everybody = threading.Barrier(threads)
        for started in [self._executor.submit(everybody.wait) for _ in range(threads)]:
            started.result()
        self._engine: Any = None

    def serve(self) -> None:
        """Load, then answer until the parent is gone."""
        try:
            self._load(*self._connection.recv()[1:])
            while True:
                self._take(self._connection.recv())
        except (EOFError, ConnectionError):
            return

    def _load(self, path: str, arguments: dict[str, Any]) -> None:
        module, _, name = path.partition(":")
        try:
            self._engine = getattr(importlib.import_module(module), name)(**arguments)
        except SteadylineError as error:
            self._send(("failed", error))
            return
        self._send(("loaded", {key: getattr(self._engine, key) for key in ATTRIBUTES if hasattr(self._engine, key)}))

    def _take(self, request: tuple[Any, ...]) -> None:
        if request[0] == "cancel":
            self._cancelled.add(request[1])
        else:
            self._executor.submit(self._call, *request[1:])

    def _call(self, number: int, method: str, arguments: dict[str, Any], wants_text: bool) -> None:
        if wants_text:
            arguments["on_text"] = self._text_sender(number)
        try:
            value = getattr(self._engine, method)(**arguments)
            self._send(("result", number, list(value) if hasattr(value, "__next__") else value))
        except (SteadylineError, ValueError) as error:
            self._send(("error", number, _portable(error, method)))
        except Exception as error:  # whatever a C library raises must reach whoever waits for the answer
            self._send(("error", number, _in_our_words(error, method)))
        finally:
            self._cancelled.discard(number)

    def _text_sender(self, number: int) -> Callable[[str], bool]:
        def on_text(piece: str) -> bool:
            self._send(("text", number, piece))
            return number in self._cancelled

        return on_text

    def _send(self, message: tuple[Any, ...]) -> None:
        with self._sending:
            self._connection.send(message)


def _portable(error: Exception, method: str) -> Exception:
    """The error, or what it says where it would not survive the way: a class of the engine's own may be unknown there."""
    try:
        return error if type(pickle.loads(pickle.dumps(error))) is type(error) else _in_our_words(error, method)
    except Exception:  # whatever pickling it raises
        return _in_our_words(error, method)


def _in_our_words(error: Exception, method: str) -> EngineError:
    return EngineError(f"{method} failed: {error!r}")


def main() -> None:
    """Entry point of the child process; arguments: descriptor of the socket, number of threads, nice value."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(int(sys.argv[3]))
    EngineChild(Connection(int(sys.argv[1])), int(sys.argv[2])).serve()
    # An answer that is being generated for nobody must not hold the process.
    os._exit(0)


if __name__ == "__main__":
    main()
