"""A language model behind a URL: any server that streams OpenAI's chat completions (vLLM, llama.cpp, Ollama, ...).

The format is that of `POST /chat/completions` with `stream: true`: server-sent events (WHATWG HTML, section 9.2), each
`data:` line one JSON chunk, the last one `[DONE]`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import httpx

from steadyline.engines.llm import Completion, Finish, Message, OnText
from steadyline.errors import EngineError

_SSE_FIELDS = ("event", "id", "retry")
_SHOWN_CHARS = 200
_BEGINNING_CHARS = 20
"""Of what is no event stream; in a whole answer the words begin later."""
_CHARS_PER_TOKEN = 3
_TOKENS_PER_MESSAGE = 6
_ADVICE = {
    401: "set llama.api_key to a key that it accepts",
    403: "set llama.api_key to a key that it accepts",
    404: "check llama.url (it usually ends in /v1) and llama.url_model",
    429: "it is overloaded or its quota is used up",
}


class OpenAiCompatibleModel:
    """A model on a server; its methods may be called from several threads at once."""

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        connect_timeout_s: float = 2.0,
        read_timeout_s: float = 15.0,
        context_tokens: int = 2048,
    ) -> None:
        """Nothing is asked of the server yet: it may come up later than this process.

        Args:
            base_url: what `/chat/completions` is appended to, such as `http://127.0.0.1:8080/v1`.
            model: the name that the server knows the model by.
            api_key: sent as a bearer token; empty: none is sent.
            connect_timeout_s: for the connection.
            read_timeout_s: longest silence of the server, before its first word and between two.
            context_tokens: what a conversation is kept within (`fit_history`).
        """
        self.context_tokens = context_tokens
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._model = model
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(headers=headers, timeout=httpx.Timeout(read_timeout_s, connect=connect_timeout_s))

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
        """Answer `messages`; blocks until the answer is complete or `on_text` ends it, which closes the connection.

        `slot` is not used: the server has its own. `on_text` is heard at each piece that arrives, not while the server is
        silent.

        Raises:
            EngineError: the server cannot be reached, refuses, breaks off, or does not speak the format.
        """
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "stream": True,
            "max_tokens": max_tokens,
            "temperature": temperature,
        }
        if stop:
            body["stop"] = list(stop)
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                if response.status_code != 200:
                    raise self._refusal(response)
                return self._read(response.iter_lines(), on_text)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise EngineError(f"{self._url} is no address of a server: {error}; check llama.url") from error
        except httpx.HTTPError as error:
            raise self._broken(error) from error

    def prefill(self, messages: Sequence[Message], slot: int) -> None:
        """Does nothing: a server keeps its own cache, and a request may cost money."""

    def release(self, slot: int) -> None:
        """Does nothing."""

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """An estimate on the safe side, from the length of the text: the tokenizer is the server's."""
        return sum(_TOKENS_PER_MESSAGE + len(message.content) // _CHARS_PER_TOKEN for message in messages)

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()

    def _read(self, lines: Iterable[str], on_text: OnText) -> Completion:
        pieces: list[str] = []
        finish: Finish | None = None
        usage: dict[str, Any] = {}
        for chunk in self._chunks(lines):
            usage = chunk.get("usage") or usage
            for choice in chunk.get("choices") or ():
                piece = (choice.get("delta") or {}).get("content") or ""
                pieces.append(piece)
                if on_text(piece):
                    return Completion("".join(pieces), "cancelled")
                if choice.get("finish_reason"):
                    finish = "length" if choice["finish_reason"] == "length" else "stop"
        if finish is None:
            raise EngineError(f"{self._url} broke off in the middle of its answer; see the server's log")
        details = usage.get("prompt_tokens_details") or {}
        reused = details.get("cached_tokens")
        return Completion("".join(pieces), finish, usage.get("prompt_tokens"), reused, usage.get("completion_tokens"))

    def _chunks(self, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The JSON chunks of the event stream, up to `[DONE]`."""
        for line in lines:
            name, _, value = line.partition(":")
            if not line or line.startswith(":") or name in _SSE_FIELDS:
                continue
            if name != "data":
                raise self._malformed(line)
            value = value.removeprefix(" ")
            if value == "[DONE]":
                return
            try:
                chunk = json.loads(value)
            except ValueError as error:
                raise self._malformed(line) from error
            if not isinstance(chunk, dict):
                raise self._malformed(line)
            if chunk.get("error"):
                raise EngineError(f"{self._url} failed: {_message(chunk)}; see the server's log")
            yield chunk

    def _malformed(self, line: str) -> EngineError:
        return EngineError(
            f"{self._url} does not stream chat completions: expected 'data: {{...}}', found a line that "
            f"begins with {line[:_BEGINNING_CHARS]!r}; "
            "check that llama.url is an OpenAI-compatible server"
        )

    def _refusal(self, response: httpx.Response) -> EngineError:
        text = response.read().decode("utf-8", "replace")
        try:
            text = _message(json.loads(text))
        except ValueError:
            text = text.strip()[:_SHOWN_CHARS]
        advice = _ADVICE.get(response.status_code, "see the server's log")
        return EngineError(f"{self._url} answered {response.status_code}: {text or response.reason_phrase}; {advice}")

    def _broken(self, error: httpx.HTTPError) -> EngineError:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return EngineError(f"{self._url} cannot be reached: {error}; start the server, or check llama.url")
        if isinstance(error, httpx.TimeoutException):
            silence_s = self._client.timeout.read
            return EngineError(
                f"{self._url} was silent for {silence_s:g} s; it is overloaded, or still loading its model"
            )
        return EngineError(f"{self._url} broke off: {error}; see the server's log")


def _message(body: Any) -> str:
    """The reason in an error's body: `{"error": {"message": ...}}`, `{"error": ...}`, `{"detail": [{"msg": ...}]}`.

    Nothing else of it: many servers send back what they were asked, which is what a caller said.
    """
    reason = body.get("error", body.get("detail", body)) if isinstance(body, dict) else body
    if isinstance(reason, dict):
        reason = reason.get("message") or f"an error with {', '.join(map(str, reason))}"
    elif isinstance(reason, list):
        reason = "; ".join(str(one.get("msg", "?")) if isinstance(one, dict) else str(one) for one in reason)
    return str(reason)[:_SHOWN_CHARS]
