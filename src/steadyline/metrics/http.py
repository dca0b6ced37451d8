"""As much of HTTP/1.1 as Prometheus and probes need, without I/O: one request head in, one response out, then close.

RFC 9110 and 9112 (sections named beside the branches). There are no bodies in, no persistent connections, no ranges.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

from steadyline.errors import SteadylineError

HEAD_END = b"\r\n\r\n"
MAX_HEAD_BYTES = 8192
METHODS = ("GET", "HEAD")
TEXT = "text/plain; charset=utf-8"

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/[!-~]*) HTTP/1\.[01]")


class RequestError(SteadylineError):
    """A request that is not served: the status to answer with, and why."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        method: "GET" or "HEAD".
        path: without the query.
    """

    method: str
    path: str


@dataclass(frozen=True)
class Response:
    """What is answered."""

    status: HTTPStatus
    body: bytes
    content_type: str = TEXT


def parse_request(head: bytes) -> Request:
    """Read a request's head, which ends with `HEAD_END`. Header fields are not looked at.

    Raises:
        RequestError: 400 for what is no HTTP/1 request, 405 for any method but GET and HEAD.
    """
    match = _REQUEST_LINE.fullmatch(head.partition(b"\r\n")[0])
    if match is None:
        # RFC 9112, 3: "a server SHOULD respond with a 400 (Bad Request)".
        raise RequestError(HTTPStatus.BAD_REQUEST, "this is no HTTP/1.1 request for a path")
    method = match[1].decode("ascii")
    if method not in METHODS:
        raise RequestError(HTTPStatus.METHOD_NOT_ALLOWED, f"{method[:20]} is not allowed, only GET and HEAD are")
    return Request(method, match[2].decode("ascii").partition("?")[0])


def render_response(response: Response, *, with_body: bool = True) -> bytes:
    """The bytes of a response. One to HEAD has the length of the body that GET would get (RFC 9110, 9.3.2)."""
    fields = [
        f"HTTP/1.1 {response.status.value} {response.status.phrase}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(response.body)}",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    if response.status is HTTPStatus.METHOD_NOT_ALLOWED:
        fields.append(f"Allow: {', '.join(METHODS)}")  # RFC 9110, 15.5.6: it must be there
    head = "\r\n".join(fields).encode("ascii") + HEAD_END
    return head + (response.body if with_body else b"")
