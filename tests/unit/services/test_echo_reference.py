"""What is played gets its place on the caller's clock, and a new inbound is told of it as the former one was."""

from itertools import pairwise
from typing import Any, cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from steadyline.link.link import Link
from steadyline.services.echo_reference import KEPT_BEFORE, LARGEST_LEAD, LEAD, EchoReference
from steadyline.wire.audio_messages import CallerAudio, PlayedAudio
from steadyline.wire.line_messages import EchoLearned

FRAME = 160
"""Samples of 20 ms at 8 kHz, 320 ticks."""
LOUD = np.full(FRAME, 1000, np.int16)
QUIET = np.full(FRAME, 50, np.int16)


def in_place(heard: list[CallerAudio]) -> list[tuple[int, CallerAudio]]:
    return [(audio.sample, audio) for audio in heard]


class ToldInbound:
    """A link that keeps what it is given."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def send(self, message: Any, *, more: bool = False) -> None:
        self.told.append(message)


class Line:
    """A gateway's ticks: what is played and what is heard come in frames, each at its own moments."""

    def __init__(self) -> None:
        self.reference, self.inbound = EchoReference(), ToldInbound()
        self.heard: list[CallerAudio] = []
        self.clock = self.buffered = 0

    def play(self, samples: np.ndarray) -> None:
        self.reference.queued(samples, len(samples))
        self.buffered += len(samples)

    def tick(self, frames_played: int = 1, frames_heard: int = 1) -> None:
        self.buffered = max(0, self.buffered - frames_played * FRAME)
        self.reference.tell(cast(Link, self.inbound), self.buffered, self.clock, 8000)
        if frames_heard:
            audio = CallerAudio(self.clock, 8000, np.zeros(frames_heard * FRAME, np.int16))
            self.clock += frames_heard * 320
            self.heard.append(audio)
            self.inbound.send(audio)

    def places(self) -> list[tuple[int, int]]:
        told = [message for message in self.inbound.told if isinstance(message, PlayedAudio)]
        return [(message.sample, message.sample + 2 * len(message.samples)) for message in told]


def test_what_is_queued_is_told_when_it_has_left() -> None:
    line = Line()
    line.tick()
    assert line.places() == []
    line.play(np.concatenate((LOUD, LOUD * 2)))
    line.tick()
    line.tick()
    line.tick()
    first, second = (message for message in line.inbound.told if isinstance(message, PlayedAudio))
    assert np.array_equal(first.samples, LOUD) and np.array_equal(second.samples, LOUD * 2)
    assert line.places() == [(320 + LEAD, 640 + LEAD), (640 + LEAD, 960 + LEAD)]


def test_ticks_that_come_unevenly_make_no_gap() -> None:
    line = Line()
    line.play(np.tile(LOUD, 6))
    for played, heard in ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2), (1, 1)):
        line.tick(played, heard)
    places = line.places()
    assert all(end == start for (_, end), (start, _) in pairwise(places))
    assert places[-1][1] - places[0][0] == 6 * 320


def test_silence_and_comfort_noise_are_not_told_and_count() -> None:
    line = Line()
    line.play(np.concatenate((LOUD, QUIET, LOUD)))
    for _ in range(3):
        line.tick()
    assert line.places() == [(LEAD, 320 + LEAD), (640 + LEAD, 960 + LEAD)]


def test_what_the_line_dropped_has_not_been_played() -> None:
    line = Line()
    line.play(np.tile(LOUD, 4))
    line.tick()
    line.buffered -= FRAME
    line.reference.flushed(line.buffered)
    line.tick(0)
    line.buffered = 0
    line.tick()
    assert line.places() == [(LEAD, 320 + LEAD), (320 + LEAD, 640 + LEAD)]


def test_a_caller_whose_packets_have_stopped_gets_no_places_far_ahead() -> None:
    line = Line()
    line.play(np.tile(LOUD, 50))
    for _ in range(50):
        line.tick(1, 0)
    assert line.places()[-1][1] <= LARGEST_LEAD + 640


TICKS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([None, LOUD, QUIET])), min_size=1, max_size=80
)


@given(ticks=TICKS, committed=st.integers(0, 80))
def test_an_inbound_is_told_before_it_hears_and_a_new_one_in_the_same_order(
    ticks: list[tuple[int, int, np.ndarray | None]], committed: int
) -> None:
    line = Line()
    for played, heard, queued in ticks:
        if queued is not None:
            line.play(queued)
        line.tick(played, heard)
    heard_until = 0
    last_end = 0
    for message in line.inbound.told:
        if isinstance(message, CallerAudio):
            heard_until = message.sample + 2 * len(message.samples)
        else:
            assert message.sample >= max(heard_until, last_end)
            last_end = message.sample + 2 * len(message.samples)
    at = min(committed * 320, line.clock)
    line.reference.committed(at)
    lacks = [audio for audio in line.heard if audio.sample + 2 * len(audio.samples) > at]
    again = list(line.reference.for_inbound(in_place(lacks), 0, at))
    kept = {id(message) for message in again}
    assert [id(message) for message in again] == [id(message) for message in line.inbound.told if id(message) in kept]
    for message in line.inbound.told:
        assert id(message) in kept or message.sample < at


def test_an_inbound_that_was_cut_off_gets_what_it_lacks() -> None:
    line = Line()
    line.play(np.tile(LOUD, 10))
    for _ in range(10):
        line.tick()
    lacks = [audio for audio in line.heard if audio.sample >= 1600]
    again = list(line.reference.for_inbound(in_place(lacks), 1600, 0))
    assert again == line.inbound.told[-10:]


def test_what_was_played_before_what_is_committed_is_kept_as_long_as_it_may_echo() -> None:
    line = Line()
    line.play(np.tile(LOUD, 500))
    for _ in range(500):
        line.tick()
    line.reference.committed(line.clock)
    (*again,) = line.reference.for_inbound((), 0, line.clock)
    assert len(again) == KEPT_BEFORE // 320


def test_a_new_inbound_begins_with_what_was_learnt_where_it_begins() -> None:
    reference = EchoReference()
    for sample in (1000, 2000, 3000):
        reference.learned(EchoLearned(sample, f"at {sample}"))
    assert list(reference.for_inbound((), 0, 0)) == []
    reference.committed(2500)
    assert list(reference.for_inbound((), 0, 2500)) == [EchoLearned(2000, "at 2000")]
    assert list(reference.for_inbound((), 400, 2500)) == []
    reference.committed(3000)
    assert list(reference.for_inbound((), 0, 3000)) == [EchoLearned(3000, "at 3000")]
