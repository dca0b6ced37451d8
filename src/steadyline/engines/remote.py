"""An engine in a process of its own, the parent's side: the engine's methods, blocking, from several threads at once."""

import itertools
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steadyline.engines.llm import Completion, Message, OnText
from steadyline.errors import EngineError, EngineLostError

_DIED = "the engine's process died"
_CLOSE_TIMEOUT_S = 2.0


class RemoteEngine:
    """Starts the child, loads the engine in it, and asks it; blocks until the engine is loaded.

    Args:
        path: "module:Class" of the engine.
        arguments: the engine's constructor arguments, which can be pickled.
        threads: calls that the engine serves at once.
        nice: Linux nice value of the child, 0 to 19.

    Attributes:
        attributes: the engine's own `rate_hz` or `context_tokens`, where it has them.
        on_death: called, in another thread, when the child dies; set it after the construction.

    Raises:
        SteadylineError: what the engine's constructor raised.
    """

    def __init__(self, path: str, arguments: dict[str, Any], threads: int, nice: int = 0) -> None:
        ours, theirs = socket.socketpair()
        numbers = [str(theirs.fileno()), str(threads), str(nice)]
        command = [sys.executable, "-m", "steadyline.engines.child", *numbers]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self._connection = Connection(ours.detach())
        self._sending = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[tuple[Any, ...]]] = {}
        self._is_closed = False
        self.on_death: Callable[[], object] = lambda: None
        self.attributes = self._load(path, arguments)
        self._reader = threading.Thread(target=self._read, name="engine replies", daemon=True)
        self._reader.start()

    def call(self, method: str, arguments: dict[str, Any], on_text: OnText | None = None) -> Any:
        """The result of a method of the engine.

        Raises:
            EngineError: the engine failed.
        EngineLostError: its process died.
        """
        number, replies = next(self._numbers), queue.SimpleQueue[tuple[Any, ...]]()
        self._waiting[number] = replies
        try:
            self._send(("call", number, method, arguments, on_text is not None))
            while True:
                kind, _, value = replies.get()
                if kind == "text" and on_text is not None:
                    if on_text(value):
                        self._send(("cancel", number))
                elif kind == "error":
                    raise value
                elif kind == "result":
                    return value
        finally:
            del self._waiting[number]

    def close(self) -> None:
        """End the child."""
        self._is_closed = True
        self._process.kill()
        self._process.wait(_CLOSE_TIMEOUT_S)

    def _load(self, path: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self._send(("load", path, arguments))
        try:
            kind, value = self._connection.recv()
        except (EOFError, OSError) as error:
            raise EngineError(f"{path}: {_DIED} while it was loaded, status {self._process.wait()}") from error
        if kind == "failed":
            self.close()
            raise value
        return dict(value)

    def _send(self, message: tuple[Any, ...]) -> None:
        try:
            with self._sending:
                self._connection.send(message)
        except OSError as error:
            raise EngineLostError(_DIED) from error

    def _read(self) -> None:
        """Hand replies to whoever waits for them, until the child is gone."""
        while True:
            try:
                reply = self._connection.recv()
            except (EOFError, OSError):
                break
            waiting = self._waiting.get(reply[1])
            if waiting is not None:
                waiting.put(reply)
        for number, replies in list(self._waiting.items()):
            replies.put(("error", number, EngineLostError(_DIED)))
        if not self._is_closed:
            self.on_death()


class RemoteRecognizer(RemoteEngine):
    """A speech recogniser in a child process."""

    def transcribe(self, samples: NDArray[np.float32]) -> Any:
        """As the engine's own."""
        return self.call("transcribe", {"samples": samples})


class RemoteLanguageModel(RemoteEngine):
    """A language model in a child process."""

    def __init__(self, path: str, arguments: dict[str, Any], threads: int, nice: int = 0) -> None:
        super().__init__(path, arguments, threads, nice)
        self.context_tokens = int(self.attributes["context_tokens"])

    def stream(
        self,
        messages: Sequence[Message],
        *,
        slot: int,
        max_tokens: int,
        temperature: float,
        stop: Sequence[str],
        on_text: OnText,
    ) -> Completion:
        """As the engine's own; ends a few pieces of text after `on_text` returned True."""
        arguments = {
            "messages": list(messages),
            "slot": slot,
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stop": tuple(stop),
        }
        completion: Completion = self.call("stream", arguments, on_text)
        return completion

    def prefill(self, messages: Sequence[Message], slot: int) -> None:
        """As the engine's own."""
        self.call("prefill", {"messages": list(messages), "slot": slot})

    def release(self, slot: int) -> None:
        """As the engine's own, but not waited for."""
        self._send(("call", next(self._numbers), "release", {"slot": slot}, False))

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """As the engine's own."""
        return int(self.call("count_tokens", {"messages": list(messages)}))
