"""Silences within answers, from the frames of a call."""

from typing import Any

import pytest

from steadyline.diagnosis.gaps import Gap, gaps_in_answers
from steadyline.recorder.reading import PassedFrame


def frame(at: float, name: str, service: str = "gateway", **numbers: int) -> PassedFrame:
    return PassedFrame(at, service, 0, "outbound", False, name, 0, numbers, b"")


def audio(at: float, turn: int, clause: int) -> PassedFrame:
    return frame(at, "LineAudio", turn=turn, clause=clause)


def dry(at: float) -> PassedFrame:
    return frame(at, "Cursor", buffered=0)


SPOKEN = [audio(1.0, 1, 0), frame(1.1, "Cursor", buffered=640)]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ([], "2.0 s of silence before clause 1 of turn 1"),
        (
            [frame(1.5, "Clause", "llama", turn=1, clause=1)],
            "2.0 s of silence before clause 1 of turn 1, whose words were written 0.5 s before the silence began",
        ),
        (
            [frame(3.5, "Clause", "llama", turn=1, clause=1)],
            "2.0 s of silence before clause 1 of turn 1, whose words were written 1.5 s after the silence began",
        ),
    ],
)
def test_what_came_late_is_told(written: list[PassedFrame], told: str) -> None:
    [gap] = gaps_in_answers([*SPOKEN, dry(2.0), audio(4.0, 1, 1), dry(5.0), *written])
    assert (gap.turn, gap.clause, gap.at, gap.length_s) == (1, 1, 2.0, 2.0)
    assert str(gap) == told


def test_a_phrase_that_is_said_meanwhile_is_not_the_answer() -> None:
    meanwhile = [frame(3.0, "PhraseAudio"), frame(3.1, "Cursor", buffered=640), dry(3.5)]
    assert gaps_in_answers([*SPOKEN, dry(2.0), *meanwhile, audio(4.0, 1, 1)]) == (Gap(1, 1, 2.0, 2.0, None),)


@pytest.mark.parametrize(
    "frames",
    [
        [dry(2.0), audio(2.4, 1, 1)],
        [dry(2.0), audio(9.0, 2, 0)],
        [dry(2.0), frame(2.1, "Playback", is_held=1), frame(8.9, "Playback", is_held=0), audio(9.0, 1, 1)],
        [dry(2.0)],
    ],
    ids=["a breath", "another answer", "an interruption", "the end"],
)
def test_what_is_no_gap(frames: list[Any]) -> None:
    assert gaps_in_answers([*SPOKEN, *frames]) == ()
