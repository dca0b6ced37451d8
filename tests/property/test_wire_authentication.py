"""Nothing but what a holder of the secret has said is believed, however it was altered, and that only once."""

import json
import random
from dataclasses import fields, replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.property.test_wire_fuzz import mutated, spited

from steadyline.errors import WireError
from steadyline.wire.authentication import Authenticator, signed_bytes
from steadyline.wire.codec import decode_message, encode_message
from steadyline.wire.framing import FrameDecoder
from steadyline.wire.messages import Hello
from steadyline.wire.registration import Registration, decode_registration, encode_registration

NOW_MS = 1_767_225_600_000
SECRET = b"what all of them share"
NONCE = "0f" * 16
PORTS = st.integers(1, 65535)
TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
POSITIONS = st.dictionaries(TEXTS, st.integers(0, 2**63 - 1), max_size=4)
NUMBERS = st.integers(0, 2**63 - 1)
HELLOS = st.builds(Hello, st.just(1), NUMBERS, TEXTS, st.integers(0, 65535), TEXTS, NUMBERS, POSITIONS)
REGISTRATIONS = st.builds(
    Registration,
    st.sampled_from(["REGISTER", "BYE"]),
    st.integers(0, 65535),
    st.text("0123456789abcdefABC-", min_size=1, max_size=64),
)


def is_believed(hello: Hello, port: int, authenticator: Authenticator | None = None) -> bool:
    try:
        (authenticator or Authenticator(SECRET)).check_hello(hello, port, NOW_MS, 0.0)
    except WireError as error:
        assert error.code in ("unauthenticated", "bad-mac", "stale", "replay")
        return False
    return True


@given(HELLOS, PORTS)
def test_a_signed_hello_is_believed_once_after_travelling(hello: Hello, port: int) -> None:
    (frame,) = FrameDecoder().feed(encode_message(Authenticator(SECRET).sign_hello(hello, port, NOW_MS, NONCE), 1))
    received = decode_message(frame)
    assert isinstance(received, Hello)
    listener = Authenticator(SECRET)
    assert [is_believed(received, port, listener) for _ in range(3)] == [True, False, False]


@given(HELLOS, PORTS, st.binary(min_size=1, max_size=64))
def test_another_secret_is_never_believed(hello: Hello, port: int, secret: bytes) -> None:
    # HMAC fills a short key up with zeros (RFC 2104): a secret of 16 bytes and more, without white space, is what it is.
    assume(secret.rstrip(b"\0") != SECRET)
    assert not is_believed(Authenticator(secret).sign_hello(hello, port, NOW_MS, NONCE), port)


@given(HELLOS, PORTS, HELLOS, st.data())
def test_no_field_of_one_hello_fits_into_another(hello: Hello, port: int, other: Hello, data: st.DataObject) -> None:
    """Also what is cut differently, or moved from one field to the next."""
    signed = Authenticator(SECRET).sign_hello(hello, port, NOW_MS, NONCE)
    names = data.draw(st.sets(st.sampled_from([item.name for item in fields(Hello)]), min_size=1))
    dated = replace(other, time_ms=NOW_MS + 1, nonce="1e" * 16, mac="")
    altered = replace(signed, **{name: getattr(dated, name) for name in names})
    assume(altered != signed)
    assert not is_believed(altered, port)


@given(HELLOS, PORTS, PORTS)
def test_a_hello_for_one_port_is_none_for_another(hello: Hello, port: int, other: int) -> None:
    assume(port != other)
    assert not is_believed(Authenticator(SECRET).sign_hello(hello, port, NOW_MS, NONCE), other)


@given(HELLOS, HELLOS)
def test_different_hellos_are_signed_as_different_bytes(one: Hello, other: Hello) -> None:
    assert (signed_bytes(one, 1) == signed_bytes(other, 1)) == (one == other)


@given(HELLOS, PORTS, st.integers(0, 2**32))
def test_a_hello_that_was_altered_on_its_way_is_not_believed(hello: Hello, port: int, seed: int) -> None:
    rng = random.Random(seed)
    signed = Authenticator(SECRET).sign_hello(hello, port, NOW_MS, NONCE)
    body = signed.to_body()
    altered = spited(rng, body) if rng.random() < 0.5 else mutated(rng, body)
    try:
        received = Hello.from_body(altered)
    except WireError:
        return
    assert received == signed or not is_believed(received, port)


@given(REGISTRATIONS, PORTS, st.integers(0, 2**32))
def test_a_datagram_that_was_altered_on_its_way_is_not_believed(
    registration: Registration, port: int, seed: int
) -> None:
    signed = Authenticator(SECRET).sign_registration(registration, port, NOW_MS, NONCE)
    datagram = encode_registration(signed)
    assert decode_registration(datagram) == signed
    listener = Authenticator(SECRET)
    try:
        received = decode_registration(mutated(random.Random(seed), datagram))
        listener.check_registration(received, port, NOW_MS, 0.0)
    except WireError:
        return
    assert received == signed


@given(
    st.recursive(st.none() | st.booleans() | NUMBERS | TEXTS, lambda inner: st.dictionaries(TEXTS, inner), max_leaves=9)
)
def test_whatever_a_stranger_says_is_refused_and_nothing_breaks(content: Any) -> None:
    invented = {"version": 1, "connection": 3, "role": "whisper", "call_id": 66, "call_uuid": "u", "epoch": 1}
    body = json.dumps({**invented, "resume": content, "time_ms": NOW_MS, "nonce": NONCE, "mac": "00" * 32}).encode()
    try:
        received = Hello.from_body(body)
    except WireError as error:
        assert error.code == "bad-body"
        return
    assert not is_believed(received, 8083)
