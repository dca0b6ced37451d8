"""The judge of the kill drill: a recording with a fault is found out, one without passes, and a missed moment is told."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from steadyline.drills.kills.cells import Moment
from steadyline.drills.kills.outcome import Judgement
from steadyline.drills.kills.tone_dialogue import QUESTIONS, ToneDialogue
from steadyline.drills.kills.tone_script import ToneScript
from steadyline.drills.kills.victims import Victim
from steadyline.drills.logbook import LogbookReader
from steadyline.drills.real_system import DrillError
from steadyline.drills.rendered import GREETING
from steadyline.drills.tone_engines import drill_answer
from steadyline.drills.tone_speech import HeardWord, sounds_in, speak

RATE_HZ = 8_000
LENGTH_S = 16.0
GREETING_S, FIRST_S, SECOND_S = 0.3, 2.0, 9.0
ANSWER_AFTER_S = 2.0
FIRST, SECOND = (drill_answer(question) for question in QUESTIONS)


def channel(*said: tuple[float, str]) -> np.ndarray:
    """A recording with these texts at these times."""
    samples = np.zeros(round(LENGTH_S * RATE_HZ), np.float32)
    for at_s, text in said:
        sound = speak(text, RATE_HZ)
        start = round(at_s * RATE_HZ)
        samples[start : start + len(sound)] = sound
    return samples


def dialogue(tmp_path: Path, heard: np.ndarray, said: np.ndarray | None = None) -> ToneDialogue:
    """A call that is over, of which there is only the recording."""
    said = channel((FIRST_S, QUESTIONS[0]), (SECOND_S, QUESTIONS[1])) if said is None else said

    def between(samples: np.ndarray) -> Any:
        def words(since_s: float, until_s: float | None = None) -> list[HeardWord]:
            return sounds_in(samples, RATE_HZ)

        return words

    caller = SimpleNamespace(said_between=between(said), heard_between=between(heard), answered_at=0.0)
    return ToneDialogue(cast(Any, caller), LogbookReader(tmp_path))


def whole(first_at_s: float = FIRST_S + ANSWER_AFTER_S) -> np.ndarray:
    return channel((GREETING_S, GREETING), (first_at_s, FIRST), (SECOND_S + ANSWER_AFTER_S, SECOND))


def without(samples: np.ndarray, from_s: float, until_s: float) -> np.ndarray:
    samples = samples.copy()
    samples[round(from_s * RATE_HZ) : round(until_s * RATE_HZ)] = 0
    return samples


@pytest.fixture
def script(tmp_path: Path) -> ToneScript:
    learnt = ToneScript()
    learnt.learn([dialogue(tmp_path, whole()) for _ in range(3)])
    return learnt


def judged(script: ToneScript, call: ToneDialogue, moment: Moment = Moment.PLAYBACK, at_s: float = 5.0) -> Judgement:
    return script.judge(call, moment, [Victim("llama", "kill", at_s, 1)])


def test_every_word_once_and_in_time(script: ToneScript, tmp_path: Path) -> None:
    result = judged(script, dialogue(tmp_path, whole()))
    assert (result.fault, result.is_hit) == ("", True)
    assert result.added_s == pytest.approx(0.0, abs=0.002)


def test_an_answer_that_comes_later_is_late_by_as_much(script: ToneScript, tmp_path: Path) -> None:
    result = judged(script, dialogue(tmp_path, whole(FIRST_S + ANSWER_AFTER_S + 1.25)))
    assert result.fault == "" and result.added_s == pytest.approx(1.25, abs=0.005)


def test_a_pause_within_the_answer_makes_late_what_follows(script: ToneScript, tmp_path: Path) -> None:
    words, at_s = FIRST.split(), FIRST_S + ANSWER_AFTER_S
    heard = channel(
        (GREETING_S, GREETING),
        (at_s, " ".join(words[:7])),
        (at_s + 7 * 0.16 + 0.8, " ".join(words[7:])),
        (SECOND_S + ANSWER_AFTER_S, SECOND),
    )
    result = judged(script, dialogue(tmp_path, heard))
    assert result.fault == "" and result.added_s == pytest.approx(0.8, abs=0.005)


def test_what_is_lost_is_named(script: ToneScript, tmp_path: Path) -> None:
    at_s = FIRST_S + ANSWER_AFTER_S
    result = judged(script, dialogue(tmp_path, without(whole(), at_s + 5 * 0.16, at_s + 7 * 0.16)))
    assert result.fault == "answer 1: lost charlie five"
    result = judged(script, dialogue(tmp_path, without(whole(), 0.0, 0.45)))
    assert result.fault == "greeting: lost hello"


def test_what_is_said_again_is_named(script: ToneScript, tmp_path: Path) -> None:
    heard = whole() + channel((FIRST_S + ANSWER_AFTER_S + 15 * 0.16 + 0.3, "nine ten eleven charlie"))
    assert judged(script, dialogue(tmp_path, heard)).fault == "answer 1: doubled nine ten eleven charlie"


def test_a_clause_that_is_said_again_is_told_from_other_faults(script: ToneScript, tmp_path: Path) -> None:
    words, at_s = FIRST.split(), FIRST_S + ANSWER_AFTER_S
    broken_off = channel((GREETING_S, GREETING), (at_s, " ".join(words[:8])), (SECOND_S + ANSWER_AFTER_S, SECOND))
    again = broken_off + channel((at_s + 8 * 0.16 + 1.0, " ".join(words[5:])))
    result = judged(script, dialogue(tmp_path, again))
    assert (result.fault, result.is_repetition) == ("answer 1: doubled charlie five six", True)
    assert not judged(script, dialogue(tmp_path, whole())).is_repetition
    assert not judged(script, dialogue(tmp_path, without(again, 9.0, 16.0))).is_repetition
    shifted = broken_off + channel((at_s + 8 * 0.16 + 1.0, " ".join(words[6:])))
    assert not judged(script, dialogue(tmp_path, shifted)).is_repetition


def test_a_question_that_was_not_asked_is_a_fault(script: ToneScript, tmp_path: Path) -> None:
    call = dialogue(tmp_path, whole(), channel((FIRST_S, QUESTIONS[0])))
    assert "1 questions were not asked" in judged(script, call).fault


@pytest.mark.parametrize(
    ("moment", "at_s", "is_hit"),
    [
        (Moment.IDLE, 1.5, True),
        (Moment.IDLE, 2.1, False),
        (Moment.SPEAKING, 2.2, True),
        (Moment.SPEAKING, 1.9, False),
        (Moment.SPEAKING, 2.6, False),
        (Moment.PLAYBACK, 4.5, True),
        (Moment.PLAYBACK, 3.9, False),
        (Moment.PLAYBACK, 6.6, False),
    ],
)
def test_a_strike_outside_its_moment_is_told(
    script: ToneScript, tmp_path: Path, moment: Moment, at_s: float, is_hit: bool
) -> None:
    assert judged(script, dialogue(tmp_path, whole()), moment, at_s).is_hit == is_hit


@pytest.mark.parametrize(("until_s", "is_hit"), [(5.1, True), (4.9, False), (None, False)])
def test_an_engine_that_had_ended_its_work_was_not_struck_at_it(
    script: ToneScript, tmp_path: Path, until_s: float | None, is_hit: bool
) -> None:
    call = dialogue(tmp_path, whole())
    call.work_until_s = until_s
    assert judged(script, call, Moment.TRANSCRIBING, 5.0).is_hit == is_hit


def test_nothing_is_learnt_from_calls_with_faults(tmp_path: Path) -> None:
    with pytest.raises(DrillError, match="nothing was done: answer 2: lost"):
        ToneScript().learn([dialogue(tmp_path, without(whole(), 10.0, 16.0))])
