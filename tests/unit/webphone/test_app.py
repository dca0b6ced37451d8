"""The telephone's HTTP side: who may ask, what is refused, and with which words."""

import asyncio
from typing import Any

import httpx
import pytest

from steadyline.webphone.app import MAX_BODY_BYTES, AllCallsTakenError, webphone_app
from steadyline.webphone.offer import OfferError

PORT = 8085
US = f"http://127.0.0.1:{PORT}"
OFFER = {"type": "offer", "sdp": "v=0 good"}


class Telephone:
    """What the application asks of."""

    def __init__(self) -> None:
        self.offers: list[str] = []
        self.live = {"token"}
        self.full = False

    async def take_offer(self, sdp: str) -> tuple[str, str]:
        self.offers.append(sdp)
        if self.full:
            raise AllCallsTakenError("all 4 calls of the telephone are taken")
        if "good" not in sdp:
            raise OfferError("sdp: found no audio")
        return "v=0 answer", "token"

    def hang_up(self, token: str) -> bool:
        return token in self.live and not self.live.discard(token)


def ask(telephone: Telephone, method: str, path: str, **given: Any) -> httpx.Response:
    async def request() -> httpx.Response:
        app = webphone_app(telephone.take_offer, telephone.hang_up, PORT)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=US) as client:
            return await client.request(method, path, **given)

    return asyncio.run(request())


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("/", "text/html"), ("/phone.js", "text/javascript"), ("/phone.css", "text/css"), ("/icon.svg", "image/svg+xml")],
)
def test_the_page_is_served_and_may_load_nothing_from_elsewhere(path: str, media_type: str) -> None:
    response = ask(Telephone(), "GET", path)
    assert response.status_code == 200 and response.headers["content-type"].startswith(media_type)
    assert response.headers["content-security-policy"].startswith("default-src 'self';")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "://" not in response.text.replace("http://www.w3.org/2000/svg", "").replace("http://127.0.0.1", "").replace(
        "http://localhost", ""
    )


def test_an_offer_is_answered_with_the_calls_token() -> None:
    response = ask(Telephone(), "POST", "/offer", json=OFFER, headers={"Origin": US})
    assert response.json() == {"type": "answer", "sdp": "v=0 answer", "call_id": "token"}


def test_hanging_up_twice_does_no_harm() -> None:
    telephone = Telephone()
    answers = [ask(telephone, "POST", "/hang-up", json={"call_id": "token"}).json() for _ in range(2)]
    assert answers == [{"ended": True}, {"ended": False}]


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"Host": "evil.example"}, "Host: found 'evil.example'"),
        ({"Host": f"evil.example:{PORT}"}, "Host"),
        ({"Host": "127.0.0.1:1"}, "Host"),
        ({"Origin": "http://evil.example"}, "Origin: found 'http://evil.example'"),
        ({"Origin": "null"}, "Origin"),
        ({"Origin": "http://127.0.0.1:1"}, "Origin"),
    ],
)
def test_other_sites_are_refused_before_anything_is_read(headers: dict[str, str], named: str) -> None:
    telephone = Telephone()
    response = ask(telephone, "POST", "/offer", json=OFFER, headers=headers)
    assert response.status_code == 403 and named in response.json()["error"]
    assert telephone.offers == [] and "content-security-policy" in response.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_each_name_of_the_loopback_is_ours(host: str) -> None:
    headers = {"Host": f"{host}:{PORT}", "Origin": f"http://{host}:{PORT}"}
    assert ask(Telephone(), "POST", "/offer", json=OFFER, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"content": "{}", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"content": b"\xff\xfe", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": "[" * 100_000, "headers": {"Content-Type": "application/json"}}, 413),
        ({"content": "[" * 50_000, "headers": {"Content-Type": "application/json"}}, 400),
        ({"json": [1]}, 400),
        ({"json": {}}, 400),
        ({"json": {"type": "offer", "sdp": 7}}, 400),
        ({"json": {"type": "answer", "sdp": "v=0 good"}}, 400),
        ({"json": {"type": "offer", "sdp": "nonsense"}}, 400),
        ({"json": {"type": "offer", "sdp": "v=0 good" + "x" * MAX_BODY_BYTES}}, 413),
    ],
)
def test_what_is_no_offer_is_refused_with_words(given: dict[str, Any], status: int) -> None:
    response = ask(Telephone(), "POST", "/offer", **given)
    assert response.status_code == status and response.json()["error"]


def test_a_call_too_many_is_told_to_wait() -> None:
    telephone = Telephone()
    telephone.full = True
    response = ask(telephone, "POST", "/offer", json=OFFER)
    assert response.status_code == 503 and "taken" in response.json()["error"]


def test_what_is_not_there_is_not_found() -> None:
    for path in ("/nothing", "/../service.py", "/static/phone.js"):
        assert ask(Telephone(), "GET", path).status_code == 404
    assert ask(Telephone(), "GET", "/offer").status_code == 405
