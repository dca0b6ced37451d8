"""A language model behind a URL, over real sockets on loopback: what it streams, and all the ways it can fail."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from steadyline.engines.llm import Completion, Message
from steadyline.engines.llm_openai import OpenAiCompatibleModel
from steadyline.errors import EngineError

SERVER = Path(__file__).parents[2] / "examples" / "openai_server.py"
QUESTION = [Message("system", "Be brief."), Message("user", "Grüße?")]

Answer = Callable[[BaseHTTPRequestHandler], None]


def chunk(content: str | None = None, finish: str | None = None, **extra: Any) -> str:
    delta = {} if content is None else {"content": content}
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': finish}], **extra})}\n\n"


class ScriptedServer:
    """Answers every request with `answer`; keeps what it was asked and how often a client left early."""

    def __init__(self) -> None:
        self.answer: Answer = lambda handler: None
        self.bodies: list[Any] = []
        self.headers: list[Any] = []
        self.left_early = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                server.headers.append(self.headers)
                try:
                    server.answer(self)
                except OSError:
                    server.left_early.set()

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def sending(body: str, status: int = 200, content_type: str = "text/event-stream") -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.end_headers()
        handler.wfile.write(body.encode())

    return answer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


def ask(url: str, on_text: Callable[[str], bool] = lambda piece: False, **options: Any) -> Completion:
    model = OpenAiCompatibleModel(url, "small", **options)
    try:
        return model.stream(QUESTION, slot=0, max_tokens=20, temperature=0.0, stop=("END",), on_text=on_text)
    finally:
        model.close()


def test_the_example_server_is_understood() -> None:
    command = [sys.executable, str(SERVER), "--port", "0", "--answer", "It is a quarter past nine."]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            pieces: list[str] = []
            answer = ask(url, lambda piece: bool(pieces.append(piece)))
            assert answer == Completion("It is a quarter past nine.", "stop")
            assert [piece for piece in pieces if piece] == ["It", " is", " a", " quarter", " past", " nine."]
            with pytest.raises(EngineError, match=r"answered 404: no /v2/chat/completions here; check llama\.url"):
                ask(url.replace("/v1", "/v2"))
        finally:
            process.terminate()


def test_what_is_asked(server: ScriptedServer) -> None:
    server.answer = sending(chunk("Hi.", "stop") + "data: [DONE]\n\n")
    ask(server.url + "/", api_key="secret")
    assert server.bodies == [
        {
            "model": "small",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Grüße?"}],
            "stream": True,
            "max_tokens": 20,
            "temperature": 0.0,
            "stop": ["END"],
        }
    ]
    assert server.headers[0]["Authorization"] == "Bearer secret"


def test_without_a_key_none_is_sent(server: ScriptedServer) -> None:
    server.answer = sending(chunk("Hi.", "stop"))
    ask(server.url)
    assert server.headers[0]["Authorization"] is None


def test_what_servers_add_to_the_stream(server: ScriptedServer) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 5}}
    server.answer = sending(
        ": keep alive\r\n\r\nevent: message\nid: 1\nretry: 100\n"
        + 'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}\n\n'
        + 'data: {"choices":[{"index":0,"delta":{"reasoning_content":"Hm."}}]}\n\n'
        + chunk("Grüße")
        + chunk(" 👋").replace("data: ", "data:")
        + chunk(finish="length")
        + f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n"
        + "data: [DONE]\n\ndata: not read any more\n\n"
    )
    assert ask(server.url) == Completion("Grüße 👋", "length", 9, 5, 3)


def test_an_answer_ends_when_told_to_and_the_server_notices(server: ScriptedServer) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        sending("")(handler)
        while True:
            handler.wfile.write(chunk("word ").encode())

    server.answer = endless
    pieces: list[str] = []
    answer = ask(server.url, lambda piece: pieces.append(piece) is None and len(pieces) == 3)
    assert answer == Completion("word word word ", "cancelled")
    assert len(pieces) == 3
    assert server.left_early.wait(10)


def test_what_the_callback_raises_comes_out(server: ScriptedServer) -> None:
    server.answer = sending(chunk("Hi.", "stop"))

    def on_text(piece: str) -> bool:
        raise LookupError("from the callback")

    with pytest.raises(LookupError):
        ask(server.url, on_text)


def test_nobody_listens(server: ScriptedServer) -> None:
    server.close()
    with pytest.raises(EngineError, match=r"/v1/chat/completions cannot be reached: .*; start the server, or check"):
        ask(server.url)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, '{"error": {"message": "no such key"}}', r"answered 401: no such key; set llama\.api_key"),
        (403, '{"error": "forbidden"}', r"answered 403: forbidden; set llama\.api_key"),
        (404, '{"error": {"message": "no model small"}}', r"answered 404: no model small; .* and llama\.url_model"),
        (404, "<html>nothing</html>", r"answered 404: <html>nothing</html>; check llama\.url"),
        (429, '{"detail": "slow down"}', r"answered 429: .*slow down.*; it is overloaded"),
        (500, "", r"answered 500: Internal Server Error; see the server's log"),
        (503, '["loading"]', r"answered 503: .*loading.*; see the server's log"),
        (422, '{"detail": [{"msg": "too long", "input": "my PIN"}]}', r"answered 422: too long; see the server's log"),
        (500, '{"prompt": "my PIN"}', r"answered 500: an error with prompt; see the server's log"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(server: ScriptedServer, status: int, body: str, expected: str) -> None:
    server.answer = sending(body, status, "application/json")
    with pytest.raises(EngineError, match=expected) as caught:
        ask(server.url, api_key="secret")
    assert server.url in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"choices": [{"message": {"content": "Hi."}}]}', "does not stream chat completions"),
        ("<html>a web site</html>", "does not stream chat completions"),
        ("data: {broken\n\n", "does not stream chat completions"),
        ("data: 42\n\n", "does not stream chat completions"),
        ("", "broke off in the middle"),
        (chunk("Half an"), "broke off in the middle"),
        (chunk("Half an") + "data: [DONE]\n\n", "broke off in the middle"),
        (chunk("Half") + 'data: {"error": {"message": "out of memory"}}\n\n', "failed: out of memory"),
    ],
)
def test_a_stream_that_is_none_or_breaks(server: ScriptedServer, body: str, expected: str) -> None:
    server.answer = sending(body)
    with pytest.raises(EngineError, match=expected) as caught:
        ask(server.url)
    assert server.url in str(caught.value)


def test_a_connection_that_breaks(server: ScriptedServer) -> None:
    def breaking(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "5000")
        handler.end_headers()
        handler.wfile.write(chunk("Half an").encode())

    server.answer = breaking
    pieces: list[str] = []
    with pytest.raises(EngineError, match=r"broke off: .*; see the server's log"):
        ask(server.url, lambda piece: bool(pieces.append(piece)))
    assert pieces == ["Half an"]


def test_a_server_that_falls_silent(server: ScriptedServer) -> None:
    hold = threading.Event()
    server.answer = lambda handler: bool(hold.wait(30)) and None
    with pytest.raises(EngineError, match=r"was silent for 0\.2 s"):
        ask(server.url, read_timeout_s=0.2)
    hold.set()


@pytest.mark.parametrize("url", ["not a url", "ftp://127.0.0.1/v1", "http://[bad/v1", ""])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(EngineError, match=r"llama\.url"):
        ask(url)


def test_the_estimate_of_the_length_errs_on_the_safe_side() -> None:
    model = OpenAiCompatibleModel("http://127.0.0.1:1/v1", "small")
    text = "What is the capital of France, and how far is it from the sea?"
    assert 17 <= model.count_tokens([Message("user", text)]) <= 60
