"""A million random and mutated inputs: the decoders raise their documented errors and nothing else.

Seeded, so that a failure comes again; the message of a failure holds the input.
"""

import random
from collections import Counter

import pytest
from tests.vectors.examples import EXAMPLES

from steadyline.errors import WireError
from steadyline.wire.codec import MESSAGE_TYPES, decode_message, encode_message
from steadyline.wire.framing import HEADER, FrameDecoder
from steadyline.wire.registration import Registration, decode_registration, encode_registration

PARTS = 10
INPUTS_A_PART = 100_000
STREAM_CODES = {"frame-too-long", "bad-header", "bad-seq", "unknown-type", "bad-body"}

BODIES = [(message.TYPE, message.to_body()) for message in EXAMPLES]
FRAMES = [encode_message(message, 1) for message in EXAMPLES]
DATAGRAMS = [
    encode_registration(Registration("REGISTER", 66, "3c5a4a52-8f5f-4a36-9f0e-2d4f2c1f0b66")),
    encode_registration(Registration("BYE", 0, "u")),
    encode_registration(Registration("BYE", 66, "u", 1767225600123, "0f" * 16, "a7" * 32)),
]
SPITEFUL = [
    b"NaN", b"-Infinity", b"1e999", b"-1", b"1.0", b"true", b"null", b"[]", b"{}", b'""', b'"\\ud800"', b"[" * 300,
    b"9223372036854775808", b"4294967296", b"1" + b"0" * 400, b"1" + b"0" * 5000, b"\xff", b"\0", b'"', b",", b":", b"}",
]  # fmt: skip


def mutated(rng: random.Random, data: bytes) -> bytes:
    """A few wrong bytes: changed, inserted, cut, doubled, replaced by something spiteful."""
    mutant = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(mutant) + 1)
        kind = rng.randrange(6)
        if kind == 0 and at < len(mutant):
            mutant[at] = rng.randrange(256)
        elif kind == 1 and at < len(mutant):
            mutant[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            mutant[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif kind == 3:
            del mutant[at : at + rng.randrange(1, 9)]
        elif kind == 4:
            mutant[at:at] = mutant[: rng.randrange(1, 17)]
        else:
            mutant[at : at + rng.randrange(4)] = rng.choice(SPITEFUL)
    return bytes(mutant)


def spited(rng: random.Random, body: bytes) -> bytes:
    """A JSON body with one value replaced."""
    colon = body.find(b":", rng.randrange(len(body)))
    end = min((at for at in (body.find(b",", colon), body.find(b"}", colon)) if at > colon), default=len(body))
    return body[: colon + 1] + rng.choice(SPITEFUL) + body[end:]


def stream_input(rng: random.Random) -> bytes:
    """Bytes for a FrameDecoder."""
    kind = rng.randrange(10)
    if kind < 2:
        return rng.randbytes(rng.randrange(64))
    if kind < 4:
        return mutated(rng, rng.choice(FRAMES))
    if kind < 5:
        body = rng.randbytes(rng.randrange(64))
        return HEADER.pack(len(body), rng.choice(tuple(MESSAGE_TYPES)), 0, 0, 1) + body
    number, body = rng.choice(BODIES)
    if kind < 6:
        number = rng.choice(tuple(MESSAGE_TYPES))
    body = spited(rng, body) if kind < 8 else mutated(rng, body)
    return HEADER.pack(len(body), number, 0, 0, 1) + body


def outcome_of_stream(data: bytes) -> str:
    """What becomes of a stream: a code, "waits" or "decoded". What was decoded can be sent on."""
    try:
        frames = FrameDecoder().feed(data)
        for frame in frames:
            decode_message(frame).to_body()
    except WireError as error:
        assert error.code in STREAM_CODES and len(str(error)) < 1000
        return error.code
    return "decoded" if frames else "waits"


def outcome_of_datagram(data: bytes) -> str:
    try:
        registration = decode_registration(data)
    except WireError as error:
        assert error.code == "bad-datagram"
        return error.code
    assert decode_registration(encode_registration(registration)) == registration
    return "registered"


@pytest.mark.parametrize("part", range(PARTS))
def test_the_decoders_raise_only_documented_errors(part: int) -> None:
    rng = random.Random(f"steadyline wire {part}")
    outcomes: Counter[str] = Counter()
    for _ in range(INPUTS_A_PART):
        is_datagram = rng.random() < 0.1
        data = mutated(rng, rng.choice(DATAGRAMS)) if is_datagram else stream_input(rng)
        try:
            outcomes[outcome_of_datagram(data) if is_datagram else outcome_of_stream(data)] += 1
        except Exception as error:
            raise AssertionError(f"part {part}: {error!r} on {data!r}") from error
    assert outcomes.total() == INPUTS_A_PART
    everything = STREAM_CODES | {"bad-datagram", "waits", "decoded", "registered"}
    assert set(outcomes) == everything, f"the fuzzer reaches every outcome: {outcomes}"


def test_the_fuzzer_starts_from_every_message() -> None:
    assert {message.TYPE for message in EXAMPLES} == MESSAGE_TYPES.keys()
    assert [outcome_of_stream(frame) for frame in FRAMES] == ["decoded"] * len(FRAMES)
