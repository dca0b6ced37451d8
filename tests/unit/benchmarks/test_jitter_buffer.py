"""Numbered packets over networks that we make, and what is said of their passage."""

import random

import numpy as np
import pytest
from benchmarks.jitter_buffer import NETWORKS, PACKETS, Network, departures, passage
from benchmarks.mu_law import decoded, encoded
from benchmarks.numbered_frames import OTHER, numbered_payload, numbers_in
from benchmarks.wire_caller import PACKET_S

from steadyline.audio.pcm import Int16, to_pcm16


def decoded_frames(*numbers: int) -> Int16:
    return to_pcm16(np.concatenate([decoded(numbered_payload(number)) for number in numbers]))


def test_a_frame_tells_its_number_and_what_is_none_does_not() -> None:
    numbers = [0, 1, 499, 65_535]
    silence, half = np.zeros(160, np.int16), decoded_frames(7)[:80]
    sound = np.concatenate([decoded_frames(*numbers), silence, decoded_frames(3) // 2, decoded_frames(2), half])
    assert numbers_in(sound) == [*numbers, OTHER, OTHER, 2]
    assert numbers_in(np.zeros(0, np.int16)) == []


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_packets_leave_when_the_network_lets_them(network: Network) -> None:
    packets = departures(network, 100.0, random.Random(1))
    times = [packet.at_s for packet in packets]
    assert all(packet.at_s >= 100.0 + packet.sequence * PACKET_S - 1e-9 for packet in packets)
    assert (times == sorted(times)) == network.in_order
    assert PACKETS * 0.9 < len(packets) <= PACKETS
    assert departures(network, 100.0, random.Random(1)) == packets, "the same for every buffer"


def test_a_passage_tells_delay_discarding_disorder_and_filling_apart() -> None:
    sent = {number: 10.0 + number * PACKET_S for number in range(PACKETS) if number != 2}
    heard = [0, 1, OTHER, 4, 3, *range(6, PACKETS)]
    frames = [[10.0 + number * PACKET_S + 0.03, number] for number in heard]
    passed = passage(sent, [[9.0, OTHER], *frames])
    assert (passed.sent, passed.lost, passed.filled) == (PACKETS - 1, 1, 1)
    assert (passed.discarded, passed.overtaken) == (1, 1)
    assert passed.delays_ms == pytest.approx([30.0] * (PACKETS - 2))


def test_mu_law_is_that_of_the_recommendation() -> None:
    codes = bytes(range(256))
    values = to_pcm16(decoded(codes)).astype(int)
    assert [values[code] for code in (0x00, 0x80, 0x7F, 0xFF, 0x8F, 0xF0)] == [-32124, 32124, 0, 0, 16764, 120]
    again = encoded(decoded(codes))
    assert bytes(code for code in again if code != 0xFF) == bytes(code for code in codes if code not in (0x7F, 0xFF))
    sound = np.linspace(-0.95, 0.95, 4001).astype(np.float32)
    assert np.abs(decoded(encoded(sound)) - sound).max() <= 0.0161
