"""An engine in a process of its own, the parent's side: the engine's methods, blocking, from several threads at once."""

import itertools
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from math import inf
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steadyline.engines.llm import Completion, Message, OnText
from steadyline.errors import EngineFrozenError, EngineLostError
from steadyline.process_state import process_state
from steadyline.vigil import Patience, Vigil

_CLOSE_TIMEOUT_S = 2.0
_CHECK_INTERVAL_S = 0.25
ENGINE_PATIENCE = Patience(stopped_s=1.25, silent_s=60.0, start_s=inf)
"""An engine may load as long as it has to, but must answer what it is asked."""


@dataclass
class _Question:
    """A call that the child has not answered yet.

    Attributes:
        heard_at: when it was asked, or the last piece of its text came; monotonic, seconds.
        replies: what came.
    """

    heard_at: float
    replies: queue.SimpleQueue[tuple[Any, ...]] = field(default_factory=queue.SimpleQueue)


class RemoteEngine:
    """Starts the child, loads the engine in it, and asks it; blocks until the engine is loaded.

    Args:
        path: "module:Class" of the engine.
        arguments: the engine's constructor arguments, which can be pickled.
        threads: calls that the engine serves at once.
        nice: Linux nice value of the child, 0 to 19.
        patience: a child that is stopped, or owes an answer, for longer is frozen and gets killed.

    Attributes:
        attributes: the engine's own `rate_hz` or `context_tokens`, where it has them.

    Raises:
        SteadylineError: what the engine's constructor raised.
        EngineLostError: the child died, or was killed for being frozen, while it loaded the engine.
    """

    def __init__(
        self, path: str, arguments: dict[str, Any], threads: int, nice: int = 0, patience: Patience = ENGINE_PATIENCE
    ) -> None:
        ours, theirs = socket.socketpair()
        numbers = [str(theirs.fileno()), str(threads), str(nice)]
        command = [sys.executable, "-m", "steadyline.engines.child", *numbers]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self._connection = Connection(ours.detach())
        self._sending = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, _Question] = {}
        self._is_closed = False
        self._is_over = threading.Event()
        self._death: Callable[[], EngineLostError] = partial(EngineLostError, "the engine's process died")
        self._tell_death: Callable[[EngineLostError], object] = lambda _: None
        self._watcher = threading.Thread(target=self._watch, args=(patience,), name="engine watch", daemon=True)
        self._watcher.start()
        self.attributes = self._load(path, arguments)
        self._reader = threading.Thread(target=self._read, name="engine replies", daemon=True)
        self._reader.start()

    def call(self, method: str, arguments: dict[str, Any], on_text: OnText | None = None) -> Any:
        """The result of a method of the engine.

        Raises:
            EngineError: the engine failed.
            EngineLostError: its process died.
        """
        number, question = next(self._numbers), _Question(time.monotonic())
        self._waiting[number] = question
        try:
            self._send(("call", number, method, arguments, on_text is not None))
            while True:
                kind, _, value = question.replies.get()
                if kind == "text" and on_text is not None:
                    if on_text(value):
                        self._send(("cancel", number))
                elif kind == "error":
                    raise value
                elif kind == "result":
                    return value
        finally:
            del self._waiting[number]

    def on_death(self, tell: Callable[[EngineLostError], object]) -> None:
        """Have `tell` called with the reason when the child dies, in another thread; at once if it is dead already."""
        self._tell_death = tell
        if self._is_over.is_set() and not self._is_closed:
            tell(self._death())

    def close(self) -> None:
        """End the child."""
        self._is_closed = True
        self._is_over.set()
        self._process.kill()
        self._process.wait(_CLOSE_TIMEOUT_S)

    def _load(self, path: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self._send(("load", path, arguments))
        try:
            kind, value = self._connection.recv()
        except (EOFError, OSError) as error:
            self._is_over.set()
            status = self._process.wait()
            death = self._death()
            raise type(death)(f"{path}: {death} while it was loaded, status {status}") from error
        if kind == "failed":
            self.close()
            raise value
        return dict(value)

    def _send(self, message: tuple[Any, ...]) -> None:
        try:
            with self._sending:
                self._connection.send(message)
        except OSError as error:
            raise self._death() from error

    def _read(self) -> None:
        """Hand replies to whoever waits for them, until the child is gone."""
        while True:
            try:
                reply = self._connection.recv()
            except (EOFError, OSError):
                break
            except Exception as error:  # unpickling runs code of the engine's own classes
                self._death = partial(EngineLostError, f"the engine's process sent what cannot be read: {error!r}")
                self._process.kill()
                break
            question = self._waiting.get(reply[1])
            if question is not None:
                question.heard_at = time.monotonic()
                question.replies.put(reply)
        self._is_over.set()
        for number, question in list(self._waiting.items()):
            question.replies.put(("error", number, self._death()))
        if not self._is_closed:
            self._tell_death(self._death())

    def _watch(self, patience: Patience) -> None:
        """Kill a frozen child: nothing else would end the waiting for it."""
        vigil = Vigil(time.monotonic(), patience, 2 * _CHECK_INTERVAL_S)
        while not self._is_over.wait(_CHECK_INTERVAL_S):
            owed_since = min((question.heard_at for question in list(self._waiting.values())), default=None)
            found = vigil.check(time.monotonic(), process_state(self._process.pid), owed_since)
            if found:
                self._death = partial(EngineFrozenError, f"the engine's process {found} and was killed")
                self._process.kill()
                return


class RemoteRecognizer(RemoteEngine):
    """A speech recogniser in a child process."""

    def transcribe(self, samples: NDArray[np.float32]) -> Any:
        """As the engine's own."""
        return self.call("transcribe", {"samples": samples})


class RemoteLanguageModel(RemoteEngine):
    """A language model in a child process."""

    def __init__(
        self, path: str, arguments: dict[str, Any], threads: int, nice: int = 0, patience: Patience = ENGINE_PATIENCE
    ) -> None:
        super().__init__(path, arguments, threads, nice, patience)
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
        with suppress(EngineLostError):  # what has died holds no slot
            self._send(("call", next(self._numbers), "release", {"slot": slot}, False))

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """As the engine's own."""
        return int(self.call("count_tokens", {"messages": list(messages)}))
