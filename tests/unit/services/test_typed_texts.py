"""Lines that are typed: their places on the call's clock, once each, kept until they are committed, bounded."""

import numpy as np
import pytest

from steadyline.services.typed_text import KEPT_LINES, TypedTexts, turn_of
from steadyline.text.typed_line import TypedLineError
from steadyline.wire.audio_messages import CallerAudio
from steadyline.wire.line_messages import TypedText
from steadyline.wire.messages import Message


def audio(sample: int) -> CallerAudio:
    return CallerAudio(sample, 16_000, np.zeros(320, np.int16))


def again(texts: TypedTexts, *heard: CallerAudio) -> list[Message]:
    return [message for _, message in texts.among(heard)]


def test_a_line_lies_after_all_audio_before_it_and_two_in_one_frame_differ() -> None:
    texts = TypedTexts(100, 30)
    assert texts.take(1, "one", 320, 0.0) == ("one", TypedText("one", 321))
    assert texts.take(2, "two", 320, 0.0) == ("two", TypedText("two", 322))
    assert texts.take(3, "three", 640, 0.0) == ("three", TypedText("three", 641))


def test_the_first_line_of_a_call_without_sound_is_a_turn_too() -> None:
    _, typed = TypedTexts(100, 30).take(1, "one", 0, 0.0)
    assert typed is not None
    turn = turn_of(typed)
    assert (turn.start, turn.end, turn.final, turn.text) == (0, 1, True, "one")


def test_it_comes_again_where_it_came_first_until_it_is_committed() -> None:
    texts = TypedTexts(100, 30)
    _, first = texts.take(1, "one", 320, 0.0)
    _, second = texts.take(2, "two", 320, 0.0)
    heard = [audio(0), audio(320), audio(640)]
    assert again(texts, *heard) == [heard[0], first, second, heard[1], heard[2]]
    texts.commit(321)
    assert again(texts, *heard[1:]) == [second, heard[1], heard[2]]
    texts.commit(322)
    assert again(texts, *heard[1:]) == heard[1:]


def test_a_number_that_was_taken_is_taken_and_goes_nowhere() -> None:
    texts = TypedTexts(100, 1)
    texts.take(5, "one", 0, 0.0)
    assert texts.take(5, "one", 320, 0.0) == ("one", None)
    assert texts.take(4, "one", 320, 0.0) == ("one", None)


def test_a_line_that_was_refused_may_come_again_under_its_number() -> None:
    texts = TypedTexts(100, 1)
    texts.take(1, "one", 0, 0.0)
    with pytest.raises(TypedLineError, match="1 lines within a minute"):
        texts.take(2, "two", 0, 59.9)
    assert texts.take(2, "two", 0, 60.0)[1] is not None


def test_none_is_dropped_for_a_newer_one() -> None:
    texts = TypedTexts(100, 1000)
    for number in range(KEPT_LINES):
        texts.take(number, "x", 0, 0.0)
    with pytest.raises(TypedLineError, match="wait"):
        texts.take(KEPT_LINES, "x", 0, 0.0)
    assert len(again(texts)) == KEPT_LINES
