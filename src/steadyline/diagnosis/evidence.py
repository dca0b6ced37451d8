"""All that is known of a call, as the rules look at it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.levels import SILENCE_DBFS
from steadyline.audio.pcm import from_pcm16
from steadyline.calls.records import CallRecord, TurnRecord
from steadyline.diagnosis.gaps import Gap, gaps_in_answers
from steadyline.recorder.channels import CLOCK_HZ, two_channels
from steadyline.recorder.format import Origin
from steadyline.recorder.reading import Happening, Recording

LEVEL_S = 0.1


@dataclass(frozen=True)
class Finding:
    """Something that went wrong.

    Attributes:
        rule: its name, for programs.
        text: what it was, and what it meant to the caller, for people.
        evidence: what says so, a line each.
        at_s: seconds from the answer on; None where no moment is known.
    """

    rule: str
    text: str
    evidence: tuple[str, ...]
    at_s: float | None = None


@dataclass(frozen=True)
class Evidence:
    """A call.

    Attributes:
        call: from the journal.
        happenings: from the recording, by time.
        starts: how many processes of each service took part.
        caller_dbfs, agent_dbfs: level of either channel in each 0.1 s, float64; None when no sound was recorded.
        apology: what is said when the language model fails.
        origins: what each process ran on, with its service, in the order of their starts.
        gaps: silences within answers, by time.
    """

    call: CallRecord
    happenings: tuple[Happening, ...]
    starts: Mapping[str, int]
    caller_dbfs: NDArray[np.float64] | None
    agent_dbfs: NDArray[np.float64] | None
    apology: str = ""
    origins: tuple[tuple[str, Origin], ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def length_s(self) -> float:
        """Seconds from the answer to the end; 0 when one of them was not."""
        if self.call.answered_at is None or self.call.ended_at is None:
            return 0.0
        return self.call.ended_at - self.call.answered_at

    @property
    def said(self) -> list[TurnRecord]:
        """The turns that the caller said."""
        return [turn for turn in self.call.turns if turn.start_sample is not None]

    @property
    def media(self) -> Mapping[str, float]:
        """The line's counters at the end; empty when the call has none."""
        found = [event.detail for event in self.call.events if event.kind == "media"]
        return {key: value for key, value in found[-1].items() if isinstance(value, (int, float))} if found else {}

    def models(self, *settings: str) -> tuple[str, ...]:
        """What ran as the models that these settings name, by the beginnings of their names: a line each."""
        lines = {
            f"{service} ran on {name} {model}"
            for service, origin in self.origins
            for name, model in origin.models.items()
            if name.startswith(settings)
        }
        return tuple(sorted(lines))

    def phrases(self) -> list[tuple[int, float]]:
        """Each phrase that outbound said by itself: its number, and when, seconds from the answer on."""
        begun = self.call.answered_at or self.call.started_at
        spoken = [event for event in self.call.events if event.kind == "phrase"]
        return [(int(str(event.detail.get("phrase", 0))), event.at - begun) for event in spoken]


def evidence_of(call: CallRecord, recording: Recording, apology: str = "") -> Evidence:
    """What the journal and a recording, which may have no files, say of a call."""
    happenings = recording.happenings()
    begun = Counter(file.header.service for file in recording.files if file.header is not None)
    both = two_channels(recording.sound())
    levels = [_levels(both[:, place]) if len(both) else None for place in (0, 1)]
    headers = sorted(recording.headers(), key=lambda header: header.epoch)
    origins = tuple((header.service, header.origin) for header in headers)
    gaps = gaps_in_answers(recording.frames())
    return Evidence(call, tuple(happenings), dict(begun), levels[0], levels[1], apology, origins, gaps)


def words_of(text: str | None) -> list[str]:
    """The words of a text in small letters, without marks."""
    words = ("".join(character for character in word if character.isalnum()) for word in (text or "").lower().split())
    return [word for word in words if word]


def heard_share(turn: TurnRecord) -> float:
    """How much of an answer was heard, 0 to 1, by its letters; 1 of none."""
    letters = [len(clause.text or "") for clause in turn.clauses]
    shares = [clause.heard_share or 0.0 for clause in turn.clauses]
    whole = sum(letters)
    return sum(share * count for share, count in zip(shares, letters, strict=True)) / whole if whole else 1.0


def _levels(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    size = round(LEVEL_S * CLOCK_HZ)
    pieces = from_pcm16(samples[: len(samples) // size * size]).reshape(-1, size).astype(np.float64)
    power = np.square(pieces).mean(axis=1)
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 10 ** (SILENCE_DBFS / 10)))
    return levels
