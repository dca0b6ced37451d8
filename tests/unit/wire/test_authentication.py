"""The proof of the shared secret: the document's bytes, what is refused and why, and what is remembered."""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from tests.unit.wire.protocol_document import TEXT, examples, message_of, undump

from steadyline.errors import WireError
from steadyline.wire import authentication
from steadyline.wire.authentication import Authenticator, signed_bytes
from steadyline.wire.messages import Hello, Refused, Welcome
from steadyline.wire.nonces import SeenNonces
from steadyline.wire.registration import Registration, decode_registration

SECRET, OTHER_SECRET = b"what all of them share", b"what nobody here has"
NOW_MS = 1_767_225_600_000
PORT = 8083
HELLO = Hello(1, 3, "whisper", 66, "uuid-66", 7, {"sample": 5, "turn": 1})
WELCOME = Welcome("llama", 3, {"sample": 5})
REFUSED = Refused("unknown-call", "no such call")
REGISTER = Registration("REGISTER", 66, "uuid-66")


def nonce(number: int) -> str:
    return f"{number:032x}"


def signed(number: int = 1, at_ms: int = NOW_MS, port: int = PORT, secret: bytes = SECRET) -> Hello:
    return Authenticator(secret).sign_hello(HELLO, port, at_ms, nonce(number))


def refusal(authenticator: Authenticator, hello: Hello, at_ms: int = NOW_MS, now: float | None = None) -> str:
    """The code with which a HELLO is refused; "" when it is believed. The two clocks agree unless `now` is given."""
    try:
        authenticator.check_hello(hello, PORT, at_ms, at_ms / 1000 if now is None else now)
    except WireError as error:
        assert str(error)
        return error.code
    return ""


def documented() -> tuple[bytes, int, Hello, Welcome]:
    """The document's example: secret, port, HELLO, its answer."""
    found = re.search(r"The secret `([^`]+)`; connection \d to port (\d+)\.", TEXT)
    assert found is not None
    messages: list[Any] = [message_of(name, content) for name, _, content, _ in examples() if content.get("mac")]
    hello, welcome = messages
    return found[1].encode(), int(found[2]), hello, welcome


def test_the_documents_example_is_signed_as_it_says() -> None:
    secret, port, hello, welcome = documented()
    (dump,) = re.findall(r"```signed\n(.*?)\n```", TEXT, re.DOTALL)
    assert signed_bytes(hello, port) == undump(dump)
    assert hello.mac == hmac.new(secret, undump(dump), hashlib.sha256).hexdigest()
    authenticator = Authenticator(secret)
    unsigned = replace(hello, time_ms=0, nonce="", mac="")
    assert authenticator.sign_hello(unsigned, port, hello.time_ms, hello.nonce) == hello
    authenticator.check_hello(hello, port, hello.time_ms, 0.0)
    assert authenticator.sign_answer(replace(welcome, mac=""), hello) == welcome
    authenticator.check_answer(welcome, hello)


def test_the_documents_datagram_is_good_on_its_port() -> None:
    (text,) = [text for text in re.findall(r"```datagram\n(.*?\n)```", TEXT, re.DOTALL) if len(text) > 100]
    (port,) = re.findall(r"The datagram to port (\d+):", TEXT)
    registration = decode_registration(text.encode())
    Authenticator(documented()[0]).check_registration(registration, int(port), registration.time_ms, 0.0)


def test_a_signed_hello_is_good_once() -> None:
    listener = Authenticator(SECRET)
    hello = signed()
    assert [refusal(listener, hello, NOW_MS + late_ms) for late_ms in (0, 0, 29_000)] == ["", "replay", "replay"]
    assert refusal(listener, signed(2)) == ""


def test_a_datagram_is_good_once() -> None:
    listener = Authenticator(SECRET)
    registration = Authenticator(SECRET).sign_registration(REGISTER, 13000, NOW_MS, nonce(1))
    listener.check_registration(registration, 13000, NOW_MS, 0.0)
    with pytest.raises(WireError) as caught:
        listener.check_registration(registration, 13000, NOW_MS, 0.0)
    assert caught.value.code == "replay"


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        pytest.param(HELLO, "unauthenticated", id="without any proof"),
        pytest.param(replace(signed(), mac=""), "unauthenticated", id="without a mac"),
        pytest.param(signed(secret=OTHER_SECRET), "bad-mac", id="another secret"),
        pytest.param(signed(port=PORT + 1), "bad-mac", id="meant for another port"),
        pytest.param(replace(signed(), mac="0" * 64), "bad-mac", id="a mac of zeros"),
        pytest.param(replace(signed(), mac=signed().mac.upper()), "bad-mac", id="in capitals"),
        pytest.param(replace(signed(), mac="ä\ud800"), "bad-mac", id="no ASCII"),
        pytest.param(signed(at_ms=NOW_MS - 30_001), "stale", id="too old"),
        pytest.param(signed(at_ms=NOW_MS + 30_001), "stale", id="too early"),
        pytest.param(signed(at_ms=NOW_MS - 30_000), "", id="just not too old"),
        pytest.param(signed(at_ms=NOW_MS + 30_000), "", id="just not too early"),
    ],
)
def test_what_is_refused_and_why(hello: Hello, code: str) -> None:
    assert refusal(Authenticator(SECRET), hello) == code


CHANGES: dict[str, Any] = {
    "version": 2,
    "connection": 4,
    "role": "llama",
    "call_id": 68,
    "call_uuid": "uuid-68",
    "epoch": 8,
    "resume": {"sample": 6, "turn": 1},
    "time_ms": NOW_MS + 1,
    "nonce": nonce(2),
}


@pytest.mark.parametrize("name", [item.name for item in fields(Hello) if item.name != "mac"])
def test_no_field_of_a_hello_can_be_changed(name: str) -> None:
    assert refusal(Authenticator(SECRET), replace(signed(), **{name: CHANGES[name]})) == "bad-mac"


def test_an_answer_is_good_for_its_own_hello_only() -> None:
    listener, dialer = Authenticator(SECRET), Authenticator(SECRET)
    first, second = signed(1), signed(2)
    for answer in (listener.sign_answer(WELCOME, first), listener.sign_answer(REFUSED, first)):
        dialer.check_answer(answer, first)
        with pytest.raises(WireError) as caught:
            dialer.check_answer(answer, second)
        assert caught.value.code == "bad-mac"


@pytest.mark.parametrize("answer", [WELCOME, REFUSED])
def test_an_answer_without_proof_is_not_believed(answer: Any) -> None:
    hello = signed()
    forged = Authenticator(OTHER_SECRET).sign_answer(answer, hello)
    for unproven, code in ((answer, "unauthenticated"), (forged, "bad-mac")):
        with pytest.raises(WireError) as caught:
            Authenticator(SECRET).check_answer(unproven, hello)
        assert caught.value.code == code


def test_a_mac_of_one_kind_is_none_of_another() -> None:
    """A REGISTER's is no BYE's, a WELCOME's no REFUSED's, a HELLO's no datagram's."""
    authenticator = Authenticator(SECRET)
    register = authenticator.sign_registration(REGISTER, PORT, NOW_MS, nonce(1))
    with pytest.raises(WireError, match="mac of Registration is wrong"):
        authenticator.check_registration(replace(register, verb="BYE"), PORT, NOW_MS, 0.0)
    assert len({signed_bytes(message, PORT) for message in (HELLO, WELCOME, REFUSED, register)}) == 4
    assert signed_bytes(Refused("a", "bc"), 1) != signed_bytes(Refused("ab", "c"), 1)


def test_what_is_older_than_the_listeners_process_is_stale() -> None:
    """A process that was started a moment ago cannot know what its predecessor has seen."""
    listener = Authenticator(SECRET, started_at_ms=NOW_MS)
    assert refusal(listener, signed(at_ms=NOW_MS - 1)) == "stale"
    assert refusal(listener, signed(at_ms=NOW_MS)) == ""


def test_without_a_secret_nothing_is_signed_and_everything_believed() -> None:
    nobody = Authenticator()
    assert nobody.sign_hello(HELLO, PORT, NOW_MS, nonce(1)) == HELLO
    assert nobody.sign_registration(REGISTER, PORT, NOW_MS, nonce(1)) == REGISTER
    assert nobody.sign_answer(WELCOME, HELLO) == WELCOME
    for hello in (HELLO, signed(), signed(at_ms=0)):
        assert refusal(nobody, hello) == refusal(nobody, hello) == ""
    nobody.check_registration(REGISTER, PORT, NOW_MS, 0.0)
    nobody.check_answer(REFUSED, HELLO)


@pytest.mark.parametrize("tolerance_s", [1.0, 30.0])
def test_a_replay_is_known_for_as_long_as_it_would_be_fresh(tolerance_s: float) -> None:
    """One that came as early as may be is fresh for twice the tolerance, at whatever moment the generations change."""
    tolerance_ms = round(1000 * tolerance_s)
    for began_ms in range(0, 2 * tolerance_ms, tolerance_ms // 7):
        listener = Authenticator(SECRET, tolerance_s=tolerance_s)
        assert refusal(listener, signed(1, NOW_MS), NOW_MS) == ""
        early = signed(2, NOW_MS + began_ms + tolerance_ms)
        assert refusal(listener, early, NOW_MS + began_ms) == ""
        for later_ms in range(0, 2 * tolerance_ms + 1, tolerance_ms // 10):
            assert refusal(listener, early, NOW_MS + began_ms + later_ms) == "replay"
        assert refusal(listener, early, NOW_MS + began_ms + 2 * tolerance_ms + 1) == "stale"


def test_a_clock_that_is_set_forgets_no_nonce_that_is_fresh() -> None:
    listener, hello = Authenticator(SECRET), signed()
    assert refusal(listener, hello, NOW_MS, now=1.0) == ""
    for number, hours in enumerate((-1, 1, -24), start=2):
        set_ms = NOW_MS + hours * 3_600_000
        assert refusal(listener, signed(number, set_ms), set_ms, now=2.0) == ""
    assert refusal(listener, hello, NOW_MS, now=3.0) == "replay"


def test_who_has_no_secret_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "MOST_NONCES", 10)
    listener = Authenticator(SECRET)
    for number in range(1000):
        assert refusal(listener, signed(number, secret=OTHER_SECRET)) == "bad-mac"
    assert refusal(listener, signed(1)) == ""


def test_the_memory_is_bounded_and_full_means_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay is refused all the same; later there is room again."""
    monkeypatch.setattr(authentication, "MOST_NONCES", 10)
    listener = Authenticator(SECRET)
    assert [refusal(listener, signed(number)) for number in range(12)] == [""] * 10 + ["too-many"] * 2
    assert refusal(listener, signed(3)) == "replay"
    later_ms = NOW_MS + 60_000
    assert refusal(listener, signed(12, later_ms), later_ms) == ""


def test_nonces_are_forgotten_in_time() -> None:
    seen = SeenNonces(60.0, 1000)
    for number in range(10_000):
        seen.note(nonce(number))
        seen.is_known("", number * 0.2)
    assert len(seen) <= 2 * 300


def test_a_secret_is_not_in_what_is_printed() -> None:
    assert SECRET.decode() not in repr(Authenticator(SECRET))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: Authenticator(SECRET).check_hello(HELLO, PORT, NOW_MS, 0.0), ["Hello", "network.secret_file", "same"]),
        (
            lambda: Authenticator(SECRET).check_hello(signed(secret=OTHER_SECRET), PORT, NOW_MS, 0.0),
            ["mac", "another secret", "network.secret_file"],
        ),
        (
            lambda: Authenticator(SECRET).check_hello(signed(at_ms=NOW_MS - 95_000), PORT, NOW_MS, 0.0),
            ["95.0 s old", "at most 30 s", "clocks"],
        ),
    ],
)
def test_a_refusal_says_what_to_do(act: Callable[[], None], words: list[str]) -> None:
    with pytest.raises(WireError) as caught:
        act()
    assert [word for word in words if word not in str(caught.value)] == []
