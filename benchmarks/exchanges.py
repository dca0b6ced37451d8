"""What became of each utterance, read from a two-channel recording: how long the caller waited, and whether it was cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.system import BenchmarkError
from steadyline.audio.pcm import Int16
from steadyline.phone.measure import audible_spans

EARLIEST_S = 0.1
"""An utterance begins at most so long before the time that is given for it."""


@dataclass(frozen=True)
class Exchange:
    """One utterance and what was heard after it; seconds on the clock of the recording.

    Attributes:
        said_start_s: first audible sample of the utterance.
        said_end_s: its last audible sample, after all pauses inside.
        heard_early_s: when something was heard first before `said_end_s`; None when nothing was.
        answer_start_s: first audible sample that came after `said_end_s`; None when none came before the next utterance.
    """

    said_start_s: float
    said_end_s: float
    heard_early_s: float | None
    answer_start_s: float | None

    @property
    def wait_ms(self) -> float | None:
        """Voice to voice, from the end of the caller's speech; None without an answer that began after it."""
        return None if self.answer_start_s is None else round((self.answer_start_s - self.said_end_s) * 1000, 1)


def find_exchanges(channels: Int16, rate_hz: int, said_from_s: Sequence[float]) -> list[Exchange]:
    """One `Exchange` for each utterance.

    Args:
        channels: int16, shape (n, 2): left what was said, right what was heard.
        rate_hz: sampling rate.
        said_from_s: when each utterance begins, in order, or up to a second before.

    Raises:
        BenchmarkError: nothing is audible on the left where an utterance should be.
    """
    said = audible_spans(channels[:, 0], rate_hz)
    heard = audible_spans(channels[:, 1], rate_hz)
    starts_s = [start_s - EARLIEST_S for start_s in said_from_s]
    ends_s = [*starts_s[1:], channels.shape[0] / rate_hz]
    return [_exchange(said, heard, start_s, end_s) for start_s, end_s in zip(starts_s, ends_s, strict=True)]


def was_cut(exchange: Exchange, turns: int) -> bool:
    """Whether the utterance was cut at a pause: an answer began before its end, or it was taken for several turns."""
    return exchange.heard_early_s is not None or turns > 1


def _exchange(
    said: list[tuple[float, float]], heard: list[tuple[float, float]], start_s: float, end_s: float
) -> Exchange:
    own = [span for span in said if start_s <= span[0] < end_s]
    if not own:
        raise BenchmarkError(f"nothing was said between {start_s:.2f} and {end_s:.2f} s of the recording")
    said_start_s, said_end_s = own[0][0], own[-1][1]
    begins_s = [span[0] for span in heard if said_start_s <= span[0] < end_s]
    early = [begin_s for begin_s in begins_s if begin_s < said_end_s]
    after = [begin_s for begin_s in begins_s if begin_s >= said_end_s]
    return Exchange(said_start_s, said_end_s, early[0] if early else None, after[0] if after else None)
