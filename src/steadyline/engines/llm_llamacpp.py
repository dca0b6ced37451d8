"""A GGUF model in this process: llama.cpp's server engine, by xllamacpp.

Each call has a slot, whose KV cache is re-used from turn to turn: of a prompt only what is new is computed. Figures are
those of SmolLM2-135M Q4_1 on two cores (`docs/benchmarks.md`).
"""

import ctypes
import http.client
import json
import os
import secrets
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from steadyline.engines.llm import Completion, Finish, Message, OnText
from steadyline.errors import EngineError, ModelError

ANY_SLOT = -1

_GGUF_MAGIC = b"GGUF"
_BATCH_TOKENS = 128
_SHORTEST_REUSE_TOKENS = 16
_COUNT_TIMEOUT_S = 10.0
_SIGACTION_BYTES = 256  # more than glibc's and musl's struct sigaction


class LlamaCppModel:
    """A loaded GGUF model; its methods may be called from several threads at once, on different slots."""

    def __init__(
        self, model_path: Path, *, slots: int = 4, context_tokens_per_slot: int = 2048, threads: int | None = None
    ) -> None:
        """Load the model and answer one word, so that the first call finds it warm.

        Args:
            model_path: a GGUF file with a chat template.
            slots: conversations whose KV cache is kept, and answered at the same time.
            context_tokens_per_slot: prompt and answer together; memory for it is taken at once.
            threads: CPU threads; None for as many as this process may use.

        Raises:
            ModelError: there is no such file, or llama.cpp does not load it.
        """
        _check_gguf(model_path)
        self.slots = slots
        self.context_tokens = context_tokens_per_slot
        self._key = secrets.token_hex(16)
        self._conversations: set[int] = set()
        xllamacpp = _import_xllamacpp()
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(model_path)
        parameters.n_parallel = slots
        parameters.n_ctx = slots * context_tokens_per_slot
        threads = threads or len(os.sched_getaffinity(0))
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
        self._restrict(parameters)
        try:
            with _signal_handlers_kept():
                self._server: Any = xllamacpp.Server(parameters)
        except RuntimeError as error:
            raise ModelError(
                f"model {model_path} ({model_path.stat().st_size} bytes): llama.cpp does not load it; it is damaged, cut "
                "short, too large for the memory, or of a kind that this xllamacpp does not know. Fetch or copy it again"
            ) from error
        # Also makes sure that the server's loop runs: closing it before hangs in llama.cpp.
        self.stream([Message("user", "Hi")], slot=0, max_tokens=1, temperature=0.0, stop=(), on_text=_go_on)

    def _restrict(self, parameters: Any) -> None:
        """Switch off what a telephone has no use for."""
        parameters.verbosity = -1
        parameters.fit_params = False  # halves the time to load
        parameters.cache_ram_mib = 0  # else up to 8 GB of old prompts are kept
        parameters.n_ctx_checkpoints = 0
        parameters.enable_reasoning = 0  # nobody waits on the telephone while a model thinks
        # Small batches: a long prompt of one call holds up the others' words for no longer than this, and can be ended.
        parameters.n_batch = parameters.n_ubatch = _BATCH_TOKENS
        # The engine opens an HTTP port on the loopback whether one wants it or not (only count_tokens does).
        parameters.api_keys = [self._key]
        parameters.n_threads_http = 1
        parameters.endpoint_slots = parameters.ui = False

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
        """Answer `messages`; blocks until the answer is complete or `on_text` ends it.

        Args:
            messages: the conversation; its longest known beginning is not computed again. Ends it with the assistant's
                words, they are gone on with.
            slot: 0 to slots - 1, one per call; a second answer on the same slot waits. -1 (`ANY_SLOT`) takes a free one.
            max_tokens: the longest answer.
            temperature: 0 gives the same answer each time.
            stop: texts that end the answer and do not belong to it.
            on_text: gets the pieces; what it raises ends the generation and is raised here.

        Raises:
            EngineError: the conversation is longer than the context, or llama.cpp failed.
        """
        answer = _Answer(on_text)
        request = {
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "stream": True,
            "return_progress": True,
            "id_slot": self._checked(slot),
            "cache_prompt": True,
            "n_cache_reuse": _SHORTEST_REUSE_TOKENS if slot in self._conversations else 0,
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stop": list(stop),
        }
        try:
            self._running().handle_chat_completions(request, answer.take)
        except (RuntimeError, ValueError) as error:
            raise EngineError(f"language model: llama.cpp refused the request: {error}") from error
        return answer.completion()

    def prefill(self, messages: Sequence[Message], slot: int) -> None:
        """Compute what a call's prompts begin with before a turn asks for it: the persona first, later the conversation so far.

        From the first time to `release` the slot also re-uses what moved because older turns were dropped in between (117
        ms instead of 850 ms for 200 tokens); what an earlier call left in it is not.

        Raises:
            EngineError: as for `stream`.
        """
        self.stream(messages, slot=slot, max_tokens=1, temperature=0.0, stop=(), on_text=_go_on)
        if slot != ANY_SLOT:
            self._conversations.add(slot)

    def release(self, slot: int) -> None:
        """The slot's call is over: the next one re-uses nothing of it but a beginning that is word for word the same."""
        self._conversations.discard(slot)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Length of the prompt that `messages` make, chat template and all (about 4 ms).

        Raises:
            EngineError: the model has no usable chat template.
        """
        prompt = self._ask("/apply-template", {"messages": [{"role": m.role, "content": m.content} for m in messages]})
        return len(self._ask("/tokenize", {"content": prompt["prompt"], "parse_special": True})["tokens"])

    def close(self) -> None:
        """Free the model once the answers under way have ended; nothing can be asked of it afterwards."""
        self._server = None

    def _running(self) -> Any:
        server = self._server
        if server is None:
            raise EngineError("language model: it has been closed")
        return server

    def _checked(self, slot: int) -> int:
        if not ANY_SLOT <= slot < self.slots:
            raise ValueError(f"slot: found {slot}, expected 0 to {self.slots - 1}, or {ANY_SLOT} for any")
        return slot

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        address = urlsplit(self._running().listening_address)
        # A connection of its own, since one that is kept alive holds the server's only HTTP thread.
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=_COUNT_TIMEOUT_S)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", "Connection": "close"}
        try:
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EngineError(f"language model: llama.cpp could not count the prompt's tokens: {error}") from error
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise EngineError(f"language model: llama.cpp could not count the prompt's tokens: {answer}")
        return answer


class _Answer:
    """Collects one answer from the engine's callback."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._pieces: list[str] = []
        self._finish: Finish = "length"
        self._timings: dict[str, Any] = {}
        self._failure: BaseException | None = None

    def take(self, chunk: dict[str, Any]) -> bool:
        """Returns True to end the generation."""
        # What a callback raises is printed and lost in xllamacpp.
        try:
            return self._take(chunk)
        except BaseException as error:
            self._failure = error
            return True

    def _take(self, chunk: dict[str, Any]) -> bool:
        if "error" in chunk:
            raise EngineError(f"language model: {chunk['error'].get('message', chunk['error'])}")
        self._timings = chunk.get("timings") or self._timings
        for choice in chunk.get("choices", ()):
            piece = choice.get("delta", {}).get("content") or ""
            self._pieces.append(piece)
            if choice.get("finish_reason"):
                self._finish = "length" if choice["finish_reason"] == "length" else "stop"
            elif self._on_text(piece):
                self._finish = "cancelled"
                return True
        return False

    def completion(self) -> Completion:
        """How it ended; raises what went wrong."""
        if self._failure is not None:
            raise self._failure
        reused, computed = self._timings.get("cache_n"), self._timings.get("prompt_n")
        prompt = None if reused is None or computed is None else reused + computed
        return Completion("".join(self._pieces), self._finish, prompt, reused, self._timings.get("predicted_n"))


def _go_on(_: str) -> bool:
    return False


def _check_gguf(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_GGUF_MAGIC))
    except OSError as error:
        raise ModelError(f"model {path}: cannot be read: {error.strerror}; give the path of a GGUF file") from error
    if magic != _GGUF_MAGIC:
        raise ModelError(f"model {path}: begins with {magic!r}, a GGUF file with {_GGUF_MAGIC!r}; give another file")


def _import_xllamacpp() -> Any:
    # The threads of llama.cpp meet some thousand times per token batch, and spin while they wait. Beside a busy neighbour
    # (Whisper, the voice) that costs three times the CPU and up to ten times the time; a short spin costs neither.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    import xllamacpp

    return xllamacpp


_signals = threading.Lock()


@contextmanager
def _signal_handlers_kept() -> Iterator[None]:
    """Undo that llama.cpp takes SIGINT and SIGTERM for itself, after which neither ends this process.

    By the C library, as `signal.signal` works in the main thread alone and would not see that the handlers changed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    numbers = (signal.SIGINT, signal.SIGTERM)
    with _signals:
        kept = [ctypes.create_string_buffer(_SIGACTION_BYTES) for _ in numbers]
        for number, action in zip(numbers, kept, strict=True):
            libc.sigaction(int(number), None, action)
        try:
            yield
        finally:
            for number, action in zip(numbers, kept, strict=True):
                libc.sigaction(int(number), action, None)
