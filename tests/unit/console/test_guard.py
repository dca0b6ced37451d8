"""Who gets in, from which page, under which name, and what every answer forbids the browser."""

import pytest
from tests.unit.console.scene import ADDRESS, ORIGIN, PASSWORD, Scene

from steadyline.console.guard import COOKIE, HEADERS, MAX_BODY_BYTES

PAGES = ("/", "/calls", "/calls/call-1", "/health", "/settings")
DATA = ("/api/line", "/api/calls", "/api/calls/call-1", "/api/calls/call-1/call.txt", "/api/health", "/api/settings")


@pytest.mark.parametrize("path", [*PAGES, "/api/calls", "/static/main.js", "/nothing", "/api/calls/nobody"])
def test_every_answer_has_the_security_headers(scene: Scene, path: str) -> None:
    answer = scene.browser().get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("host", ["127.0.0.1:8060", "localhost:8060", "LOCALHOST", "[::1]:8060"])
def test_on_the_loopback_it_is_reached_by_the_loopbacks_names(scene: Scene, host: str) -> None:
    assert scene.browser().get("/api/calls", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:8060", "[::1", "192.168.1.5:8060", "@"],
)
def test_a_name_that_a_stranger_made_point_here_is_refused(scene: Scene, host: str) -> None:
    """DNS rebinding: the page is the stranger's, the address is ours."""
    answer = scene.browser().get("/api/calls", headers={"host": host})
    assert answer.status_code == 421 and "console.names" in answer.json()["error"]


def test_further_names_can_be_allowed_and_addresses_where_it_listens_on_all(scene: Scene) -> None:
    browser = scene.browser(password=PASSWORD, host="0.0.0.0", names=("phones.example",))
    for host, status in (("phones.example", 303), ("192.168.1.5:8060", 303), ("evil.example", 421)):
        assert browser.get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://[::1"},
    ],
)
def test_what_changes_anything_is_taken_from_our_own_pages_only(scene: Scene, headers: dict[str, str]) -> None:
    answer = scene.browser().post("/api/services/whisper/restart", headers=headers)
    assert (answer.status_code, scene.wishes) == (403, [])


def test_an_oversize_body_is_refused_whether_it_says_so_or_not(scene: Scene) -> None:
    browser = scene.browser(password=PASSWORD)
    body = b'{"password": "' + b"x" * MAX_BODY_BYTES + b'"}'
    assert browser.post("/api/login", content=body, headers=ORIGIN).status_code == 413
    pieces = (body[at : at + 1000] for at in range(0, len(body), 1000))
    assert browser.post("/api/login", content=pieces, headers=ORIGIN).status_code == 400
    assert browser.post("/api/login", content=b"{}", headers={**ORIGIN, "content-length": "-1"}).status_code == 413


class TestPassword:
    """A console that asks for one."""

    @pytest.mark.parametrize("path", PAGES)
    def test_pages_lead_to_the_login(self, scene: Scene, path: str) -> None:
        answer = scene.browser(password=PASSWORD).get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")

    @pytest.mark.parametrize("path", DATA)
    @pytest.mark.parametrize("cookie", ["", "9999999999.abc." + "0" * 64, "../../etc/passwd"])
    def test_data_is_for_nobody_else(self, scene: Scene, path: str, cookie: str) -> None:
        scene.with_call()
        answer = scene.browser(password=PASSWORD).get(path, headers={"cookie": f"{COOKIE}={cookie}"})
        assert answer.status_code == 401 and answer.json() == {"error": "give the password first"}

    def test_nor_is_what_changes_anything(self, scene: Scene) -> None:
        answer = scene.browser(password=PASSWORD).post("/api/services/whisper/restart", headers=ORIGIN)
        assert (answer.status_code, scene.wishes) == (401, [])

    def test_who_gives_it_is_in_until_they_leave(self, scene: Scene) -> None:
        browser = scene.browser(password=PASSWORD)
        assert browser.get("/login").status_code == 200
        answer = browser.post("/api/login", json={"password": PASSWORD}, headers=ORIGIN)
        assert answer.status_code == 200
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and PASSWORD not in cookie
        assert browser.get("/api/calls").status_code == 200
        assert browser.post("/api/services/whisper/restart", headers=ORIGIN).status_code == 200
        browser.post("/api/logout", headers=ORIGIN)
        assert browser.get("/api/calls").status_code == 401

    def test_wrong_ones_cost_time(self, scene: Scene) -> None:
        browser = scene.browser(password=PASSWORD)
        assert browser.post("/api/login", json={"password": "wrong"}, headers=ORIGIN).status_code == 403
        answer = browser.post("/api/login", json={"password": PASSWORD}, headers=ORIGIN)
        assert answer.status_code == 429 and int(answer.headers["retry-after"]) >= 1
        assert "set-cookie" not in answer.headers

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b'{"password": 1}', b'{"password": ""}', b"\xff\xfe", b"[" * 60_000, b'{"password": "\\ud800"}'],
    )
    def test_nonsense_is_refused(self, scene: Scene, body: bytes) -> None:
        answer = scene.browser(password=PASSWORD).post("/api/login", content=body, headers=ORIGIN)
        assert answer.status_code in (400, 403) and "set-cookie" not in answer.headers

    def test_without_a_password_there_is_nothing_to_log_in_to(self, scene: Scene) -> None:
        browser = scene.browser()
        assert browser.get("/login").headers["location"] == "/"
        assert browser.post("/api/login", json={"password": "anything"}, headers=ORIGIN).status_code == 403


def test_the_origin_is_compared_with_the_name_that_was_asked_for(scene: Scene) -> None:
    browser = scene.browser()
    headers = {"host": "localhost:8060", "origin": "http://localhost:8060"}
    assert browser.post("/api/services/whisper/restart", headers=headers).status_code == 200
    assert browser.post("/api/services/whisper/restart", headers={**headers, "origin": ADDRESS}).status_code == 403
