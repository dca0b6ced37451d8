"""What differs between a recorded call and its replay. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from steadyline.calls.records import CallRecord, TurnRecord
from steadyline.drills.tone_score import ExpectedWord, score
from steadyline.drills.tone_speech import HeardWord
from steadyline.replay.recorded_call import CLOCK_HZ
from steadyline.replay.recorded_engines import PHRASE_TONES, RecordedVoice

LENGTH_SLACK = 0.25
"""A tone counts as whole when it was heard within so much of its length."""
WORD_SLACK = 1
"""Where an answer was broken off, one word more or less is heard."""


@dataclass(frozen=True)
class Words:
    """Whether the caller heard what was said.

    Attributes:
        said: words of clauses that were played to their end.
        lost, doubled, swapped: of these, as text; foreign: tones that nobody was to say.
        onsets_s: when each was heard, from the answer on; None for what was not.
    """

    said: int
    lost: tuple[str, ...]
    doubled: int
    swapped: int
    foreign: int
    onsets_s: tuple[float | None, ...]

    @property
    def are_whole(self) -> bool:
        """Every word once, in order."""
        return not (self.lost or self.doubled or self.swapped or self.foreign)


def differences(recorded: CallRecord, replayed: CallRecord, tolerance_ms: float) -> list[str]:
    """A line for each difference in turns, words and times, for people; none when the replay was the call again.

    Args:
        tolerance_ms: what a time may differ by: a network and a real machine are not in the replay.
    """
    return [
        f"turn {number}: {text}"
        for number, (before, after) in enumerate(zip_longest(recorded.turns, replayed.turns))
        for text in _of_turn(before, after, tolerance_ms)
    ]


def words_heard(replayed: CallRecord, heard: Sequence[HeardWord], voice: RecordedVoice) -> Words:
    """Count what the caller heard against what was to be said.

    Args:
        replayed: the journal of the replay.
        heard: the tones of its recording.
        voice: that spoke them.
    """
    expected: list[ExpectedWord] = []
    texts: list[str] = []
    whole: list[bool] = []
    for clause in (clause for turn in replayed.turns for clause in turn.clauses if clause.heard_samples):
        spoken = voice.words(clause.text or "")
        slack = LENGTH_SLACK * spoken[0].length_s if spoken else 0.0
        expected += [ExpectedWord(word.word, word.length_s - slack, word.length_s + slack) for word in spoken]
        texts += (clause.text or "").split()
        whole += [clause.heard_samples == clause.samples] * len(spoken)
    found = score(expected, [word for word in heard if word.word not in PHRASE_TONES])
    onsets = tuple(onset for onset, is_whole in zip(found.onsets_s, whole, strict=True) if is_whole)
    lost = [
        text for text, onset, is_whole in zip(texts, found.onsets_s, whole, strict=True) if is_whole and onset is None
    ]
    return Words(sum(whole), tuple(lost), len(found.doubled), len(found.swapped), len(found.foreign), onsets)


def latest_s(before: Words, after: Words) -> float:
    """By how much the latest word came later than in a replay without a fault, seconds."""
    pairs = zip(before.onsets_s, after.onsets_s, strict=False)
    return max((b - a for a, b in pairs if a is not None and b is not None), default=0.0)


def _of_turn(before: TurnRecord | None, after: TurnRecord | None, tolerance_ms: float) -> Iterator[str]:
    if before is None or after is None:
        missing, there = ("the recording", after) if before is None else ("the replay", before)
        asked = there.caller_text if there else ""
        yield f"is not in {missing}: {asked or 'the greeting'!r}"
        return
    if (before.caller_text or "") != (after.caller_text or ""):
        yield f"the caller was understood as {after.caller_text!r}, was {before.caller_text!r}"
    if before.reply_text != after.reply_text:
        yield f"the answer is {after.reply_text!r}, was {before.reply_text!r}"
    if abs(_heard_words(before) - _heard_words(after)) > WORD_SLACK:
        yield f"{_heard_words(after)} words of the answer were heard, were {_heard_words(before)}"
    if before.ends_call != after.ends_call:
        yield "the answer ends the call" if after.ends_call else "the answer does not end the call any more"
    for name in ("start_sample", "end_sample"):
        was, found = getattr(before, name), getattr(after, name)
        if None not in (was, found) and abs(found - was) * 1000 / CLOCK_HZ > tolerance_ms:
            word = "begins" if name == "start_sample" else "ends"
            yield f"{word} at {found / CLOCK_HZ:.2f} s of the call, was {was / CLOCK_HZ:.2f} s"
    waited, waits = before.timings_ms.get("first_audio"), after.timings_ms.get("first_audio")
    if waited is not None and waits is not None and abs(waits - waited) > tolerance_ms:
        yield f"the caller waited {waits:.0f} ms, was {waited:.0f} ms"


def _heard_words(turn: TurnRecord) -> int:
    return sum(round((clause.heard_share or 0.0) * len((clause.text or "").split())) for clause in turn.clauses)
