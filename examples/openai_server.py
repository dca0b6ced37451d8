"""The smallest OpenAI-compatible server: streams the same answer to every question. For trying `llama.engine = "openai"`.

python examples/openai_server.py --port 8080 --answer "It is a quarter past nine."
"""

import argparse
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def events(answer: str) -> Iterator[str]:
    """The answer as chat completion chunks, a word each, then the end and the mark that nothing follows."""
    words = [f" {word}" if number else word for number, word in enumerate(answer.split())]
    for delta, finish in [*(({"content": word}, None) for word in words), ({}, "stop")]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        yield json.dumps({"object": "chat.completion.chunk", "choices": [choice]})
    yield "[DONE]"


class Handler(BaseHTTPRequestHandler):
    """GET /v1/models and POST /v1/chat/completions."""

    answer = ""

    def do_GET(self) -> None:
        """List the one model, which clients ask for to see whether the server is up."""
        self._send(200, "application/json", json.dumps({"object": "list", "data": [{"id": "default"}]}))

    def do_POST(self) -> None:
        """Stream the answer, whatever was asked."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/chat/completions":
            self._send(404, "application/json", json.dumps({"error": {"message": f"no {self.path} here"}}))
            return
        self._send(200, "text/event-stream", "")
        for event in events(self.answer):
            self.wfile.write(f"data: {event}\n\n".encode())

    def _send(self, status: int, content_type: str, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="TCP port on 127.0.0.1; 0 for any free one")
    parser.add_argument("--answer", default="I always say the same.", help="what every question is answered with")
    arguments = parser.parse_args()
    Handler.answer = arguments.answer
    with ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
