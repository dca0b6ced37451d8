"""What is read from the caller's wire and from between the services, on conversations that were made up."""

import random
import struct

import numpy as np
import pytest
from benchmarks.media_path import (
    AUDIBLE,
    FIRST_S,
    PARTS,
    TURN_S,
    Listened,
    heard_from_s,
    microphone,
)
from benchmarks.mu_law import encoded
from benchmarks.system import BenchmarkError
from benchmarks.wire_caller import PACKET_S, Arrival
from benchmarks.wire_tap import Told, told

from steadyline.wire.audio_messages import CallerAudio
from steadyline.wire.codec import encode_message
from steadyline.wire.line_messages import CallerSpeech
from steadyline.wire.messages import Ping

SYN, ACK = 0x02, 0x10


def segment(source: int, target: int, sequence: int, data: bytes = b"", flags: int = ACK) -> bytes:
    """An Ethernet frame of the loopback with a TCP segment (RFC 791, RFC 9293)."""
    tcp = struct.pack("!HHIIBBHHH", source, target, sequence & 0xFFFFFFFF, 0, 5 << 4, flags, 0, 0, 0) + data
    length = 20 + len(tcp)
    return bytes(14) + struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 0, 0, 64, 6, 0, bytes(4), bytes(4)) + tcp


def test_messages_are_told_when_their_last_byte_came_whatever_was_sent_twice() -> None:
    audio = np.zeros(160, np.int16)
    audio[7:20] = 5000
    said = encode_message(CallerAudio(320, 8000, audio), 1) + encode_message(Ping(1), 2)
    more = encode_message(CallerSpeech(False, 640), 3)
    first = (1 << 32) - 10
    segments = [
        (1.0, segment(8070, 40_000, first - 1, flags=SYN)),
        (1.1, segment(8070, 40_000, first, said[:100])),
        (1.2, segment(8070, 40_000, first + 100, said[100:])),
        (1.3, segment(8070, 40_000, first + 100, said[100:] + more)),
    ]
    assert told(segments) == [
        (1.2, "CallerAudio", {"sample": 320, "rate_hz": 8000, "count": 160, "audible": [7, 19]}),
        (1.3, "CallerSpeech", {"is_speaking": False, "sample": 640}),
    ]


def test_a_stream_of_which_a_part_is_missing_tells_nothing_more() -> None:
    said = encode_message(CallerSpeech(True, 1), 1) + encode_message(CallerSpeech(False, 2), 2)
    segments = [
        (1.0, segment(1, 2, 99, flags=SYN)),
        (1.1, segment(1, 2, 140, said[40:])),
        (1.2, segment(1, 2, 100, said)),
        (1.3, segment(3, 4, 100, said)),
    ]
    assert told(segments) == []


def test_each_question_ends_where_it_is_said_to_and_nowhere_alike_in_a_packet() -> None:
    sound, ends = microphone(6, random.Random(5))
    assert len(sound) == round((FIRST_S + 6 * TURN_S) * 8000) and len({end % 160 for end in ends}) > 3
    for end in ends:
        assert abs(sound[end - 1]) > AUDIBLE and not (np.abs(sound[end : end + 16_000]) > AUDIBLE).any()


def test_an_answer_is_heard_from_its_first_audible_sample_in_the_packet_that_brings_it() -> None:
    silence, answer = np.zeros(160, np.float32), np.zeros(160, np.float32)
    answer[40:] = 0.2
    arrivals = [Arrival(10 + 0.02 * n, n, 160 * n, encoded(answer if n in (3, 50) else silence)) for n in range(60)]
    assert heard_from_s(arrivals, 10.5) == pytest.approx(10 + 50 * 0.02 + 0.005)
    with pytest.raises(BenchmarkError, match="no answer"):
        heard_from_s(arrivals, 11.1)


def test_the_parts_add_up_to_the_whole() -> None:
    start_s, end, first = 100.0, 12_150, 8_000
    sent = {number: start_s + (number + 1) * PACKET_S for number in range(200)}
    # The gateway began to hear three packets later than the caller to speak, on a clock of 16,000 ticks.
    ticks = 2 * (first - 480)
    decided = 2 * (17_000 - 480)
    messages: list[Told] = [
        (101.0, "CallerAudio", {"sample": ticks - 40, "count": 160, "audible": [20, 159]}),
        (102.145, "CallerAudio", {"sample": decided, "count": 160, "audible": []}),
        (102.146, "CallerSpeech", {"is_speaking": False, "sample": decided}),
        (102.1465, "SpeechEnded", {"final": True}),
        (102.148, "Turn", {"final": True}),
        (102.150, "Clause", {"turn": 1, "clause": 0}),
        (102.151, "ClauseAudio", {"turn": 1, "last": True}),
        (102.154, "LineAudio", {"turn": 1}),
    ]
    windows_ms, parts = Listened(messages, sent, first).parts(end, start_s, 102.17, 0.6, 0.0046)
    assert windows_ms == pytest.approx((17_000 - 12_150) / 8 - 600 + 4.6, abs=0.01)
    expected = {"gateway's tick": 5.0, "inbound": 1.5, "whisper": 1.5, "llama": 2.0, "voice": 1.0, "outbound": 3.0}
    assert {name: parts[name] for name in expected} == pytest.approx(expected, abs=0.01)
    assert tuple(parts) == PARTS
    path_ms = (102.17 - start_s - end / 8000 - 0.6) * 1000
    assert windows_ms + sum(parts.values()) == pytest.approx(path_ms, abs=0.05)
