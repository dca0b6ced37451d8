"""Registration: the datagrams, the cadence, and who is registered."""

import itertools

import pytest

from steadyline.errors import WireError
from steadyline.wire.registration import (
    RegisterCadence,
    Registration,
    RegistrationTable,
    decode_registration,
    encode_registration,
)

CALL = Registration("REGISTER", 66, "uuid-66")
BYE = Registration("BYE", 66, "uuid-66")


@pytest.mark.parametrize(
    ("registration", "datagram"),
    [
        (CALL, b"REGISTER 66 uuid-66\n"),
        (BYE, b"BYE 66 uuid-66\n"),
        (Registration("REGISTER", 0, "a"), b"REGISTER 0 a\n"),
        (Registration("REGISTER", 65535, "A-9" * 21), b"REGISTER 65535 " + b"A-9" * 21 + b"\n"),
    ],
)
def test_datagrams_both_ways(registration: Registration, datagram: bytes) -> None:
    assert encode_registration(registration) == datagram
    assert decode_registration(datagram) == registration
    assert decode_registration(datagram.removesuffix(b"\n")) == registration


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\n",
        b"REGISTER",
        b"REGISTER 66",
        b"REGISTER 66 ",
        b"register 66 u",
        b"HELLO 66 u",
        b"REGISTER 65536 u",
        b"REGISTER 123456 u",
        b"REGISTER -2 u",
        b"REGISTER 6.6 u",
        "REGISTER ٦ u".encode(),
        b"REGISTER  66 u",
        b"REGISTER 66 u u",
        b"REGISTER 66 u\n\n",
        b"REGISTER 66 u\r\n",
        b"REGISTER 66 u\0",
        b"REGISTER 66 " + b"u" * 65,
        b"REGISTER 66 u_v",
        b"BYE 66 u" + b" " * 200,
        bytes(range(256)),
    ],
)
def test_a_garbled_datagram_says_what_was_found_and_what_is_allowed(datagram: bytes) -> None:
    with pytest.raises(WireError) as caught:
        decode_registration(datagram)
    assert caught.value.code == "bad-datagram"
    assert repr(datagram[:60]) in str(caught.value) and "REGISTER <call_id> <call_uuid>" in str(caught.value)


def test_the_cadence_is_the_founding_documents() -> None:
    times = list(itertools.islice(RegisterCadence().times(), 9))
    assert times == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0, 4.0], abs=1e-9)


@pytest.mark.parametrize(
    ("cadence", "times"),
    [
        (RegisterCadence(0.1, 0.3, 2.0), [0, 0.1, 0.2, 0.3, 2.3, 4.3]),
        (RegisterCadence(0.2, 0.0, 1.0), [0, 1, 2, 3]),
        (RegisterCadence(0.15, 1.0, 1.0), [0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.9]),
        (RegisterCadence(0.4, 1.0, 5.0), [0, 0.4, 0.8, 5.8]),
    ],
)
def test_fast_polls_lie_within_the_fast_period(cadence: RegisterCadence, times: list[float]) -> None:
    assert list(itertools.islice(cadence.times(), len(times))) == pytest.approx(times, abs=1e-9)


def test_registering_twice_changes_nothing() -> None:
    table = RegistrationTable(5.0)
    assert [table.register(CALL, at) for at in (0.0, 0.0, 1.0)] == ["new", "renewed", "renewed"]
    assert (len(table), table.uuid_of(66)) == (1, "uuid-66")


def test_another_call_under_the_same_id_replaces_and_the_old_ones_bye_is_void() -> None:
    table = RegistrationTable(5.0)
    table.register(CALL, 0.0)
    assert table.register(Registration("REGISTER", 66, "uuid-new"), 1.0) == "replaced"
    assert not table.remove(BYE)
    assert table.uuid_of(66) == "uuid-new"
    assert table.remove(Registration("BYE", 66, "uuid-new"))
    assert table.uuid_of(66) is None


def test_bye_is_heard_once() -> None:
    table = RegistrationTable(5.0)
    table.register(CALL, 0.0)
    assert [table.remove(BYE) for _ in range(2)] == [True, False]
    assert table.register(CALL, 1.0) == "new"


def test_what_is_neither_renewed_nor_held_expires_once() -> None:
    table = RegistrationTable(5.0)
    table.register(CALL, 0.0)
    table.register(Registration("REGISTER", 68, "uuid-68"), 0.0)
    table.register(Registration("REGISTER", 70, "uuid-70"), 0.0)
    table.register(CALL, 3.0)
    table.hold(68, 4.0)
    table.hold(99, 4.0)
    assert table.expire(4.999) == []
    assert table.expire(5.0) == [Registration("BYE", 70, "uuid-70")]
    assert table.expire(8.0) == [BYE]
    assert table.expire(9.0) == [Registration("BYE", 68, "uuid-68")]
    assert table.expire(99.0) == [] and len(table) == 0
