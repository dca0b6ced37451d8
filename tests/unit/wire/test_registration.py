"""Registration: the datagrams, the cadence, and who is registered."""

import itertools

import pytest

from steadyline.errors import WireError
from steadyline.wire.registration import (
    MAX_DATAGRAM_BYTES,
    RegisterCadence,
    Registration,
    RegistrationLimits,
    RegistrationTable,
    decode_registration,
    encode_registration,
)

CALL = Registration("REGISTER", 66, "uuid-66")
BYE = Registration("BYE", 66, "uuid-66")
INBOUND, STRANGER = ("127.0.0.1", 40_001), ("127.0.0.1", 40_002)
PROOF = {"time_ms": 1767225600123, "nonce": "0f" * 16, "mac": "a7" * 32}
LONGEST = Registration("REGISTER", 65535, "u" * 64, **PROOF)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("registration", "datagram"),
    [
        (CALL, b"REGISTER 66 uuid-66\n"),
        (BYE, b"BYE 66 uuid-66\n"),
        (Registration("REGISTER", 0, "a"), b"REGISTER 0 a\n"),
        (Registration("REGISTER", 65535, "A-9" * 21), b"REGISTER 65535 " + b"A-9" * 21 + b"\n"),
        (LONGEST, b"REGISTER 65535 " + b"u" * 64 + b" 1767225600123 " + b"0f" * 16 + b" " + b"a7" * 32 + b"\n"),
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
        b"BYE 66 u 1767225600123",
        b"BYE 66 u 1767225600123 " + b"0f" * 16,
        b"BYE 66 u 1767225600123 " + b"0f" * 16 + b" " + b"a7" * 31,
        b"BYE 66 u 1767225600123 " + b"0F" * 16 + b" " + b"a7" * 32,
        b"BYE 66 u 1767225600123 " + b"0f" * 17 + b" " + b"a7" * 32,
        b"BYE 66 u -1 " + b"0f" * 16 + b" " + b"a7" * 32,
        b"BYE 66 u " + b"9" * 16 + b" " + b"0f" * 16 + b" " + b"a7" * 32,
        bytes(range(256)),
    ],
)
def test_a_garbled_datagram_says_what_was_found_and_what_is_allowed(datagram: bytes) -> None:
    with pytest.raises(WireError) as caught:
        decode_registration(datagram)
    assert caught.value.code == "bad-datagram"
    assert repr(datagram[:60]) in str(caught.value) and "REGISTER <call_id> <call_uuid>" in str(caught.value)


def test_the_longest_datagram_is_within_the_limit() -> None:
    assert len(encode_registration(LONGEST)) <= MAX_DATAGRAM_BYTES


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
    assert [table.register(CALL, INBOUND, at) for at in (0.0, 0.0, 1.0)] == ["new", "renewed", "renewed"]
    assert (len(table), table.uuid_of(66)) == (1, "uuid-66")


def test_another_call_under_the_same_id_replaces_and_the_old_ones_bye_is_void() -> None:
    table = RegistrationTable(5.0)
    table.register(CALL, INBOUND, 0.0)
    assert table.register(Registration("REGISTER", 66, "uuid-new"), INBOUND, 1.0) == "replaced"
    assert not table.remove(BYE)
    assert table.uuid_of(66) == "uuid-new"
    assert table.remove(Registration("BYE", 66, "uuid-new"))
    assert table.uuid_of(66) is None


def test_bye_is_heard_once() -> None:
    table = RegistrationTable(5.0)
    table.register(CALL, INBOUND, 0.0)
    assert [table.remove(BYE) for _ in range(2)] == [True, False]
    assert table.register(CALL, INBOUND, 1.0) == "new"


def test_what_is_neither_renewed_nor_held_expires_once() -> None:
    table = RegistrationTable(5.0)
    table.register(CALL, INBOUND, 0.0)
    table.register(Registration("REGISTER", 68, "uuid-68"), INBOUND, 0.0)
    table.register(Registration("REGISTER", 70, "uuid-70"), INBOUND, 0.0)
    table.register(CALL, INBOUND, 3.0)
    table.hold(68, "uuid-68", 4.0)
    table.hold(70, "another-call", 4.0)
    table.hold(99, "uuid-99", 4.0)
    assert table.expire(4.999) == []
    assert table.expire(5.0) == [Registration("BYE", 70, "uuid-70")]
    assert table.expire(8.0) == [BYE]
    assert table.expire(9.0) == [Registration("BYE", 68, "uuid-68")]
    assert table.expire(99.0) == [] and len(table) == 0


@pytest.mark.parametrize("proof", ["held", "proven", "registered by an owner who knows it"])
def test_a_call_under_way_is_not_replaced_until_it_has_expired(proof: str) -> None:
    table = RegistrationTable(5.0)
    table.register(CALL, INBOUND, 0.0, is_proven=proof.startswith("registered"))
    if proof == "held":
        table.hold(66, "uuid-66", 0.0)
    elif proof == "proven":
        table.prove(66, "uuid-66")
    intruder = Registration("REGISTER", 66, "uuid-new")
    for at in (0.0, 4.9):
        with pytest.raises(WireError) as caught:
            table.register(intruder, STRANGER, at)
        assert caught.value.code == "taken" and "66" in str(caught.value)
    assert table.uuid_of(66) == "uuid-66"
    assert table.register(intruder, STRANGER, 5.0) == "replaced"


def flood(table: RegistrationTable, sender: tuple[str, int], count: int) -> list[str]:
    """What becomes of so many REGISTERs for calls that there are not: "new", or the code."""
    outcomes = []
    for number in range(count):
        call_id = 100 * (sender[1] % 100) + 2 * number
        invented = Registration("REGISTER", call_id, f"invented-{call_id}")
        try:
            outcomes.append(table.register(invented, sender, 0.0))
        except WireError as error:
            outcomes.append(error.code)
    return outcomes


def test_a_sender_who_invents_calls_has_few_and_takes_nobodys_place() -> None:
    table = RegistrationTable(5.0, RegistrationLimits(calls=100, unproven=10, unproven_per_sender=4))
    assert flood(table, STRANGER, 1000) == ["new"] * 4 + ["too-many"] * 996
    for number in range(50):
        real = Registration("REGISTER", 10_000 + 2 * number, f"real-{number}")
        assert table.register(real, INBOUND, 0.0) == "new", "each is proven before many others come"
        table.prove(real.call_id, real.call_uuid)
    assert len(table) == 54


def test_many_senders_together_invent_no_more_than_the_limit() -> None:
    table = RegistrationTable(5.0, RegistrationLimits(calls=100, unproven=10, unproven_per_sender=4))
    for port in range(1, 100):
        flood(table, ("192.0.2.1", port), 10)
    assert len(table) == 10
    table = RegistrationTable(5.0, RegistrationLimits(calls=8, unproven=10, unproven_per_sender=10))
    assert flood(table, STRANGER, 9) == ["new"] * 8 + ["too-many"]


@pytest.mark.parametrize("way", ["BYE", "another call under the id"])
def test_ending_an_invented_call_makes_no_room_for_the_next(way: str) -> None:
    """Or sessions would come and go as fast as datagrams do."""
    table = RegistrationTable(5.0, RegistrationLimits(calls=100, unproven=10, unproven_per_sender=4))
    made = 0
    for number in range(1000):
        at = number * 0.01
        invented = Registration("REGISTER", 66, f"invented-{number}")
        try:
            made += table.register(invented, STRANGER, at) != "renewed"
        except WireError as error:
            assert error.code == "too-many"
        if way == "BYE":
            table.remove(invented)
    assert made == 8, "four in each of the two times that a registration lives"
