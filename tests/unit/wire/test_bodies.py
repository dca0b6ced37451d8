"""Message bodies: what goes out comes in, what is not allowed is named."""

import json
import math
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from steadyline.errors import WireError
from steadyline.wire import audio_messages, line_messages, messages
from steadyline.wire.codec import MESSAGE_TYPES, decode_message, encode_message
from steadyline.wire.framing import MAX_BODY_BYTES, Frame, FrameDecoder
from steadyline.wire.messages import MAX_CONTROL_BYTES, JsonMessage

SAMPLES: dict[type[Any], Any] = {
    int: 7, str: "größer „so“ \n", bool: True, float: 12.5, messages.Position: {"sample": 5}, dict[str, Any]: {"a": [1, None]},
}  # fmt: skip
JSON_TYPES = [kind for kind in MESSAGE_TYPES.values() if issubclass(kind, JsonMessage)]


def example(kind: type[Any]) -> Any:
    return kind(**{item.name: SAMPLES[item.type] for item in fields(kind)})


def content(kind: type[Any], **changed: Any) -> bytes:
    return json.dumps({**json.loads(example(kind).to_body()), **changed}).encode()


def code_of(kind: type[Any], body: bytes) -> tuple[str, str]:
    with pytest.raises(WireError) as caught:
        kind.from_body(body)
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize("kind", JSON_TYPES)
def test_a_json_message_comes_out_as_it_went_in(kind: type[Any]) -> None:
    message = example(kind)
    (frame,) = FrameDecoder().feed(encode_message(message, 1))
    assert decode_message(frame) == message


@pytest.mark.parametrize("kind", JSON_TYPES)
def test_unknown_keys_are_ignored_and_missing_ones_named(kind: type[Any]) -> None:
    assert kind.from_body(content(kind, invented_later=[1])) == example(kind)
    for item in fields(kind):
        body = json.loads(example(kind).to_body())
        del body[item.name]
        code, text = code_of(kind, json.dumps(body).encode())
        assert code == "bad-body"
        assert f"{kind.__name__}.{item.name}" in text


WRONG: dict[Any, list[Any]] = {
    int: [-1, 1 << 63, True, 1.0, "1", None, [], {}, math.nan],
    str: [1, None, [], {}, True, "\ud800"],
    bool: [0, 1, "true", None],
    float: ["1", None, True, [], math.nan, math.inf, 10**400],
    messages.Position: [[], None, 1, {"a": -1}, {"a": "1"}, {"a": {}}, {str(n): n for n in range(9)}, {"\ud800": 1}],
    dict[str, Any]: [[], None, 1, "x"],
}


@pytest.mark.parametrize("kind", JSON_TYPES)
def test_a_wrong_type_is_named_with_its_field(kind: type[Any]) -> None:
    for item in fields(kind):
        for value in WRONG[item.type]:
            code, text = code_of(kind, content(kind, **{item.name: value}))
            assert code == "bad-body"
            assert f"{kind.__name__}.{item.name}" in text


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"7", b"{", b'{"number":', b"\xff\xfe", b"[" * 60_000, b'{"number": 1' + b"0" * 5000 + b"}"],
)
def test_what_is_no_json_object_is_a_bad_body(body: bytes) -> None:
    assert code_of(messages.Ping, body)[0] == "bad-body"


@pytest.mark.parametrize(
    ("kind", "name", "highest"),
    [
        (messages.Clause, "turn", 0xFFFF_FFFF),
        (messages.Clause, "clause", 0xFFFF_FFFF),
        (messages.AnswerEnded, "clauses", 0xFFFF_FFFF),
        (messages.Cancel, "turn", 0xFFFF_FFFF),
        (messages.Hello, "call_id", 0xFFFF),
        (line_messages.CallStarted, "call_id", 0xFFFF),
        (line_messages.PortTaken, "port", 0xFFFF),
        (messages.Turn, "end", (1 << 63) - 1),
    ],
)
def test_numbers_that_other_messages_or_ports_cannot_hold_are_refused(kind: type[Any], name: str, highest: int) -> None:
    assert getattr(kind.from_body(content(kind, **{name: highest})), name) == highest
    assert code_of(kind, content(kind, **{name: highest + 1}))[0] == "bad-body"


def test_positions_hold_only_what_audio_messages_can() -> None:
    too_high = {"turn": 1 << 32, "clause": 0, "sample": 0}
    assert code_of(messages.Heard, content(messages.Heard, played=too_high))[0] == "bad-body"


def test_control_messages_are_bounded_but_a_status_may_fill_a_frame() -> None:
    assert code_of(messages.Bye, content(messages.Bye, reason="x" * MAX_CONTROL_BYTES))[0] == "bad-body"
    status = messages.StatusReply({"calls": ["x" * 100] * 5000})
    assert MAX_CONTROL_BYTES < len(status.to_body()) < MAX_BODY_BYTES
    assert messages.StatusReply.from_body(status.to_body()) == status


AUDIO: list[Any] = [
    audio_messages.CallerAudio(320, 8000, np.array([1, -2, 32767], np.int16)),
    audio_messages.LineAudio(1, 2, 9, 160, True, np.array([-32768, 0], np.int16)),
    audio_messages.SpeechAudio(16000, np.array([0.5, -1.0], np.float32)),
    audio_messages.ClauseAudio(1, 2, 9, 0, 0, 22050, False, np.array([0.25], np.float32)),
    audio_messages.PlayedAudio(640, 48000, np.array([1, -2], np.int16)),
]


@pytest.mark.parametrize("message", AUDIO, ids=lambda message: type(message).__name__)
def test_an_audio_message_comes_out_as_it_went_in(message: Any) -> None:
    (frame,) = FrameDecoder().feed(encode_message(message, 1))
    decoded = decode_message(frame)
    for item in fields(message):
        assert np.array_equal(getattr(decoded, item.name), getattr(message, item.name))
    assert decoded.samples.dtype == message.samples.dtype  # type: ignore[attr-defined]
    assert decoded.to_body() == message.to_body()


@pytest.mark.parametrize("message", AUDIO, ids=lambda message: type(message).__name__)
def test_audio_that_is_cut_is_a_bad_body(message: Any) -> None:
    body = message.to_body()
    for length in [*range(message.HEADER.size), len(body) - 1]:
        assert code_of(type(message), body[:length])[0] == "bad-body"
    empty = type(message).from_body(body[: message.HEADER.size])
    assert len(empty.samples) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(value: float) -> None:
    for message in (message for message in AUDIO if message.samples.dtype == np.float32):
        body = message.to_body()[: message.HEADER.size] + np.array([0.0, value], "<f4").tobytes()
        assert code_of(type(message), body)[0] == "bad-body"


@pytest.mark.parametrize("rate_hz", [0, 7_999, 48_001, 0xFFFF_FFFF])
def test_rates_that_nobody_plays_are_refused(rate_hz: int) -> None:
    samples, floats = np.zeros(1, np.int16), np.zeros(1, np.float32)
    caller = audio_messages.CallerAudio(0, rate_hz, samples)
    clause = audio_messages.ClauseAudio(0, 0, 9, 0, 0, rate_hz, True, floats)
    assert code_of(type(caller), caller.to_body())[0] == "bad-body"
    assert code_of(type(clause), clause.to_body())[0] == "bad-body"


def test_sample_indices_stay_in_the_range_of_positions() -> None:
    high = (1 << 63).to_bytes(8, "big")
    caller, speech = AUDIO[0].to_body(), AUDIO[2].to_body()
    assert code_of(audio_messages.CallerAudio, high + caller[8:])[0] == "bad-body"
    assert code_of(audio_messages.SpeechAudio, high + speech[8:])[0] == "bad-body"
    line, clause = AUDIO[1].to_body(), AUDIO[3].to_body()
    assert code_of(audio_messages.LineAudio, line[:12] + high + line[20:])[0] == "bad-body"
    assert code_of(audio_messages.ClauseAudio, clause[:16] + high + clause[24:])[0] == "bad-body"


def test_the_cursor_has_one_length() -> None:
    cursor = audio_messages.Cursor(1600, 640, (1, 2, 960), (1, 2, 320))
    assert audio_messages.Cursor.from_body(cursor.to_body()) == cursor
    for body in (b"", cursor.to_body()[:-1], cursor.to_body() + b"\0"):
        assert code_of(audio_messages.Cursor, body)[0] == "bad-body"
    high = (1 << 63).to_bytes(8, "big")
    assert code_of(audio_messages.Cursor, high + cursor.to_body()[8:])[0] == "bad-body"


def test_types_outside_the_table_are_unknown() -> None:
    for number in set(range(256)) - MESSAGE_TYPES.keys():
        with pytest.raises(WireError) as caught:
            decode_message(Frame(number, 1, b"{}"))
        assert caught.value.code == "unknown-type"
