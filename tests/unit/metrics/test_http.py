"""The HTTP that Prometheus and probes speak: heads in, responses out."""

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.metrics.http import HEAD_END, Request, RequestError, Response, parse_request, render_response


def head(line: str, *fields: str) -> bytes:
    return "\r\n".join((line, *fields, "", "")).encode("latin-1")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /metrics HTTP/1.1", Request("GET", "/metrics")),
        ("HEAD /live HTTP/1.0", Request("HEAD", "/live")),
        ("GET /metrics?name%5B%5D=up HTTP/1.1", Request("GET", "/metrics")),
    ],
)
def test_a_request_is_read(line: str, expected: Request) -> None:
    assert parse_request(head(line, "Host: 127.0.0.1:8061", "Accept: */*")) == expected


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "BREW"])
def test_only_get_and_head_are_served(method: str) -> None:
    with pytest.raises(RequestError, match="only GET and HEAD") as refused:
        parse_request(head(f"{method} /metrics HTTP/1.1", "Content-Length: 5"))
    assert refused.value.status is HTTPStatus.METHOD_NOT_ALLOWED
    assert b"\r\nAllow: GET, HEAD\r\n" in render_response(Response(refused.value.status, b"no\n"))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "GET",
        "GET /metrics",
        "GET /metrics HTTP/2",
        "GET metrics HTTP/1.1",
        "GET http://elsewhere/ HTTP/1.1",
        "GET /metrics  HTTP/1.1",
        "GET /a b HTTP/1.1",
        " GET / HTTP/1.1",
        "GET /\u00e4 HTTP/1.1",
        "\x16\x03\x01\x02",
    ],
)
def test_what_is_no_request_is_a_bad_one(line: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse_request(head(line))
    assert refused.value.status is HTTPStatus.BAD_REQUEST


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    try:
        request = parse_request(data + HEAD_END)
    except RequestError as error:
        assert error.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.METHOD_NOT_ALLOWED)
    else:
        assert request.method in ("GET", "HEAD") and request.path.startswith("/")


def test_a_response_says_its_length_and_closes() -> None:
    text = render_response(Response(HTTPStatus.OK, b"live\n"))
    assert text.startswith(b"HTTP/1.1 200 OK\r\n") and text.endswith(b"\r\n\r\nlive\n")
    assert b"\r\nContent-Length: 5\r\n" in text and b"\r\nConnection: close\r\n" in text


def test_a_response_to_head_is_the_same_without_the_body() -> None:
    response = Response(HTTPStatus.OK, b"live\n")
    assert render_response(response, with_body=False) + b"live\n" == render_response(response)
