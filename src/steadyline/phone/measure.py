"""The times of a dialogue, measured in its recording alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steadyline.audio.levels import speech_spans
from steadyline.audio.pcm import from_pcm16
from steadyline.phone.script import TurnMark

Int16 = npt.NDArray[np.int16]
Span = tuple[float, float]

# Edges are sought this near to those of the spans, in steps of a millisecond.
_EDGE_S = 0.060
_STEP_S = 0.001
# The noise of a channel is what its quietest fifth holds: in a dialogue each party is silent for longer than that. What
# is this much above it is audible; a digital silence counts as noise at -68 dBFS.
_QUIETEST = 0.2
_ABOVE_NOISE = 10 ** (12 / 20)
_LOWEST_NOISE = 10 ** (-68 / 20) * 32768
# A sound has to last for so many steps, or it is a click.
_LASTING_STEPS = 5


@dataclass(frozen=True)
class MeasuredTurn:
    """One question and its reply, in seconds on the clock of the recording; None for what was not heard.

    Attributes:
        said_start_s: first audible sample of the question.
        said_end_s: last audible sample of the question, not the end of its file.
        reply_start_s: first audible sample of the reply. It lies before `said_end_s` when the far end began to answer
            before the caller had finished.
        reply_end_s: last audible sample of the reply.
    """

    said_start_s: float | None = None
    said_end_s: float | None = None
    reply_start_s: float | None = None
    reply_end_s: float | None = None

    @property
    def voice_to_voice_ms(self) -> int | None:
        """From the end of the caller's speech to the first audible sample of the reply; negative: it came too soon."""
        if self.said_end_s is None or self.reply_start_s is None:
            return None
        return round((self.reply_start_s - self.said_end_s) * 1000)


def measure_turns(channels: Int16, rate_hz: int, marks: Sequence[TurnMark]) -> list[MeasuredTurn]:
    """One `MeasuredTurn` for each of `marks`.

    Args:
        channels: int16, shape (n, 2): left what was said, right what was heard.
        rate_hz: sampling rate.
        marks: when each question was begun, in order; they only tell which sound belongs to which turn.
    """
    said = audible_spans(channels[:, 0], rate_hz)
    heard = audible_spans(channels[:, 1], rate_hz)
    ends_s = [*(mark.said_from_s for mark in marks), channels.shape[0] / rate_hz][1:]
    return [_measure_turn(said, heard, mark, end_s) for mark, end_s in zip(marks, ends_s, strict=True)]


def measure_greeting(channels: Int16, rate_hz: int, marks: Sequence[TurnMark]) -> Span | None:
    """When the far end spoke before the first question: first and last audible sample, or None."""
    until_s = marks[0].said_from_s if marks else channels.shape[0] / rate_hz
    greeting = [span for span in audible_spans(channels[:, 1], rate_hz) if span[0] < until_s]
    return (greeting[0][0], greeting[-1][1]) if greeting else None


def audible_spans(samples: Int16, rate_hz: int) -> list[Span]:
    """Where something audible is, (start_s, end_s) to the millisecond, from int16 mono samples."""
    levels, threshold = _levels(samples, rate_hz)
    spans = []
    for start_s, end_s in speech_spans(from_pcm16(samples), rate_hz):
        start, end = round(start_s / _STEP_S), round(end_s / _STEP_S)
        edge = round(_EDGE_S / _STEP_S)
        loud = np.flatnonzero(_lasting(levels[max(0, start - edge) : end + edge] > threshold))
        if loud.size:
            first = max(0, start - edge)
            spans.append((round((first + int(loud[0])) * _STEP_S, 3), round((first + int(loud[-1]) + 1) * _STEP_S, 3)))
    return spans


def _measure_turn(said: list[Span], heard: list[Span], mark: TurnMark, end_s: float) -> MeasuredTurn:
    question = [span for span in said if mark.said_from_s <= span[0] < end_s]
    if not question:
        return MeasuredTurn()
    said_end_s = question[-1][1]
    # What ends before the caller does ("mhm") is no reply; what began before the caller belongs to the turn before.
    reply = [span for span in heard if mark.said_from_s <= span[0] < end_s and span[1] > said_end_s]
    if not reply:
        return MeasuredTurn(question[0][0], said_end_s)
    return MeasuredTurn(question[0][0], said_end_s, reply[0][0], min(reply[-1][1], end_s))


def _levels(samples: Int16, rate_hz: int) -> tuple[npt.NDArray[np.float64], float]:
    """RMS of each millisecond, and the level above which sound is audible over the channel's own noise."""
    step = round(rate_hz * _STEP_S)
    whole = samples[: samples.size // step * step].astype(np.float64).reshape(-1, step)
    levels = np.sqrt((whole**2).mean(axis=1))
    quietest = levels[levels <= np.quantile(levels, _QUIETEST)] if levels.size else levels
    noise = float(np.sqrt((quietest**2).mean())) if quietest.size else 0.0
    return levels, max(noise, _LOWEST_NOISE) * _ABOVE_NOISE


def _lasting(loud: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Keep what belongs to a stretch in which most of a few following or preceding steps are loud."""
    if loud.size < _LASTING_STEPS:
        return loud
    window = np.ones(_LASTING_STEPS)
    count = np.convolve(loud, window)
    after, before = count[_LASTING_STEPS - 1 :], count[: loud.size]
    return np.asarray(loud & (np.maximum(after, before) > _LASTING_STEPS / 2), np.bool_)
