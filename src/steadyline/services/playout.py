"""One call's sound on its way to the gateway: clauses to the line's rate, in order, paced by the gateway's cursor."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from steadyline.audio.cursor import Cursor
from steadyline.audio.pcm import Int16
from steadyline.audio.playout import PlayoutQueue
from steadyline.services.gathered_rendering import GatheredRendering
from steadyline.services.resumption import Resumption
from steadyline.wire import audio_messages, messages
from steadyline.wire.messages import Message, Position

NOWHERE = (0, 0, 0)
REPORT_S = 0.25
"""While a clause is played, how often its progress is reported, seconds."""
FRAMES_PER_S = 50
KEPT_REPORTS = 100

_Identity = tuple[int, int]


@dataclass(frozen=True)
class Accepted:
    """Through where the gateway has taken the answer.

    Attributes:
        cursor: the position.
        rendering: which rendering of the clause it is in.
        is_ended: the clause ends there.
    """

    cursor: Cursor
    rendering: int
    is_ended: bool


class Playout:
    """The queue of one call on its way to the gateway, paced by the gateway's cursor.

    A clause is played when it is here as a whole, from whichever voice it came first: one rendering a clause.

    Args:
        rate_hz: the line's rate.
        queue_ms: audio to keep queued in the gateway.
        send: sends to the gateway; False when it is not there.
        loudness_dbfs: the level of every clause's speech, as `audio.loudness` has it; 0: as the voice made it.
    """

    def __init__(
        self, rate_hz: int, queue_ms: int, send: Callable[[Message], bool], loudness_dbfs: float = 0.0
    ) -> None:
        self.rate_hz = rate_hz
        self.is_sounding = False
        self._target = rate_hz * queue_ms // 1000
        self._between = 0
        self._send = send
        self._loudness_dbfs = loudness_dbfs
        self._queue = PlayoutQueue(rate_hz, rate_hz // FRAMES_PER_S)
        self._renderings: dict[str, GatheredRendering] = {}
        self._numbers: dict[_Identity, int] = {}
        self._resumption = Resumption()
        self._phrase: deque[audio_messages.PhraseAudio] = deque()
        self._sent = self._received = self._buffered = 0
        self._complete: _Identity | None = None
        self._played = NOWHERE
        self._ends: dict[_Identity, int] = {}
        self._ended_answers: dict[int, int] = {}
        self._taken: _Identity | None = None
        self._lengths: dict[_Identity, int] = {}
        self._is_held = False
        self._over_through = -1
        self._reports: deque[messages.Heard] = deque(maxlen=KEPT_REPORTS)
        self._reported_played = NOWHERE

    @property
    def queued_s(self) -> float:
        """Seconds of audio waiting here."""
        return self._queue.queued_samples / self.rate_hz

    @property
    def complete(self) -> Position:
        """The last clause that is here as a whole, as a position on the wire; {} when none is."""
        return {} if self._complete is None else {"turn": self._complete[0], "clause": self._complete[1]}

    @property
    def heard(self) -> messages.Heard:
        """What is here as a whole, and what of it was played."""
        return messages.Heard(self.complete, self._as_position(self._played))

    @property
    def is_stalled(self) -> bool:
        """An answer was begun, everything of it that came was heard, and it is not over; the caller does not interrupt it."""
        if self._taken is None or self._is_held or self.is_sounding or self._queue.queued_samples:
            return False
        turn, clause = self._taken
        if turn <= self._over_through:
            return False
        return clause + 1 < self._ended_answers.get(turn, clause + 2)

    @property
    def is_in_phrase(self) -> bool:
        """A phrase is not yet sent to its end."""
        return bool(self._phrase)

    @property
    def heard_through(self) -> _Identity | None:
        """The last clause that was heard to its end, (-1, -1) when none was; None while something is under way."""
        is_under_way = (
            self._is_held or self._buffered or self._sent > self._received or self._phrase or self._queue.queued_samples
        )
        return None if is_under_way else self._complete or (-1, -1)

    def played_at(self, rate_hz: int) -> Accepted | None:
        """What the caller has heard, at another rate of the line; None at the beginning."""
        turn, clause, sample = self._played
        if not sample:
            return None
        cursor = Cursor(turn, clause, round(sample * rate_hz / self.rate_hz))
        return Accepted(cursor, self._numbers.get((turn, clause), 0), is_ended=False)

    def clause_audio(self, voice: str, audio: audio_messages.ClauseAudio) -> None:
        """Take a chunk from a voice; when its clause is whole it is queued, unless the other voice was faster."""
        rendering = self._renderings.get(voice)
        if audio.chunk_id == 0:
            rendering = self._renderings[voice] = GatheredRendering(audio)
        identity = (audio.turn, audio.clause)
        if rendering is None or rendering.identity != identity or not rendering.add(audio) or not audio.last:
            return
        del self._renderings[voice]
        self._take_whole(self._resumption.offer(rendering))

    def await_same(self) -> None:
        """Hold back other renderings of the clause that is to be gone on with: the voice that began it may still have it."""
        self._resumption.await_same()

    def await_same_no_longer(self) -> None:
        """What was held back is as good as it gets: the clause is said again, from its beginning."""
        self._take_whole(self._resumption.await_same_no_longer())

    def answer_ended(self, turn: int, clauses: int) -> None:
        """The answer to `turn` has this many clauses."""
        self._ended_answers = {turn: clauses, **{at: n for at, n in self._ended_answers.items() if at > turn - 2}}

    def say_phrase(self, number: int, samples: Int16) -> None:
        """Say something before what is queued: int16, mono, at the line's rate."""
        frame = self.rate_hz // FRAMES_PER_S
        padded = np.concatenate((samples, np.zeros(-len(samples) % frame, np.int16)))
        for start in range(0, len(padded), frame):
            self._phrase.append(audio_messages.PhraseAudio(number, start, padded[start : start + frame]))
        self.top_up()

    def cursor(self, cursor: audio_messages.Cursor) -> None:
        """The gateway's cursor moved."""
        left = self._buffered + cursor.received - self._received - cursor.buffered
        # With many calls the gateway reports less often: what is queued has to last until the next report and beyond, and of
        # two reports it leaves one out when enough is queued.
        frame = self.rate_hz // FRAMES_PER_S
        self._between = min(2 * left - frame, self._target + frame) if left > frame else 0
        self._received, self._buffered, self._played = cursor.received, cursor.buffered, cursor.played
        # Before anything was sent the gateway's queue holds comfort noise, or what the caller knows to be sound already.
        self.is_sounding = cursor.buffered > 0 and self._sent > 0
        self._numbers = {at: number for at, number in self._numbers.items() if at >= self._played[:2]}
        for turn, clause in [identity for identity in self._ends if identity < self._played[:2]]:
            self._report((turn, clause, self._ends.pop((turn, clause))))
        self._lengths = {at: length for at, length in self._lengths.items() if at >= self._played[:2]}
        is_new_clause = self._played[:2] != self._reported_played[:2]
        advanced = self._played[2] - self._reported_played[2]
        if self._played != self._reported_played and (
            is_new_clause or advanced >= REPORT_S * self.rate_hz or not self._buffered
        ):
            self._report(self._played)
        self.top_up()

    def line_reopened(self, accepted: Accepted | None) -> None:
        """The gateway's connection is new: go on after what it accepted, from the beginning if that is nothing."""
        self._sent = self._received = self._buffered = self._between = 0
        self.go_on_after(accepted)
        self.top_up()

    def go_on_after(self, accepted: Accepted | None) -> None:
        """Go on after what the gateway counts as taken, from the beginning if that is nothing; it may be less than before."""
        self.resume(accepted or Accepted(Cursor(*NOWHERE), 0, is_ended=False))

    def follow(self, is_held: bool, first_turn: int) -> None:
        """Send nothing while the caller interrupts, and nothing of answers to turns before `first_turn` any more."""
        self._is_held = is_held
        if is_held:
            self._phrase.clear()
        if first_turn:
            self.cancel(first_turn - 1)
        self.top_up()

    def resume(self, accepted: Accepted) -> None:
        """Go on after a position that the gateway accepted: within that rendering of the clause, or behind its end."""
        cursor = accepted.cursor
        identity = (cursor.turn, cursor.clause)
        self._ends = {at: end for at, end in self._ends.items() if (at, 0) < (identity, int(accepted.is_ended))}
        if accepted.is_ended or cursor.sample:
            self._taken = (cursor.turn, cursor.clause if accepted.is_ended else cursor.clause - 1)
        if accepted.is_ended:
            # What lies behind it may have been taken already, for a line that was gone: it is taken again.
            self._queue.resume_after(cursor.turn, cursor.clause + 1, 0)
            self._complete = max(self._complete or identity, identity)
        else:
            self._queue.resume_after(cursor.turn, cursor.clause, cursor.sample)
        # A rendering that is here as a whole is gone on with, whatever comes of others.
        is_here = accepted.is_ended or self._numbers.get(identity) == accepted.rendering
        resumption = self._resumption
        self._take_whole(resumption.end() if is_here else resumption.begin(identity, accepted.rendering))

    def cancel(self, turn: int) -> None:
        """Drop what is left of a turn."""
        self._queue.cancel(turn)
        self._ends = {at: end for at, end in self._ends.items() if at[0] > turn or at < self._played[:2]}
        self._over_through = max(self._over_through, turn)
        self._take_whole(self._resumption.over_through(turn))

    def discard_incomplete(self, voice: str) -> None:
        """A voice is gone: what it left unfinished will be rendered anew."""
        self._renderings.pop(voice, None)

    def take_reports(self) -> list[messages.Heard]:
        """What to report since the last time: clauses that became complete, and how far each was played."""
        reports = list(self._reports)
        self._reports.clear()
        return reports

    def top_up(self) -> None:
        """Send so much that the gateway's queue is as long as it should be: a phrase first, then the answer."""
        target = self._target + self._between
        missing = 0 if self._is_held else target - self._buffered - (self._sent - self._received)
        while missing > 0 and self._phrase:
            piece = self._phrase.popleft()
            self._sent += len(piece.samples)
            missing -= len(piece.samples)
            self._send(piece)
        if missing <= 0:
            return
        for part in self._queue.take(missing):
            self._sent += len(part.samples)
            self._taken = (part.turn, part.clause)
            if part.last:
                self._ends[self._taken] = part.end_sample
            number = self._numbers.get(self._taken, 0)
            self._send(
                audio_messages.LineAudio(part.turn, part.clause, number, part.end_sample, part.last, part.samples)
            )

    def _take_whole(self, renderings: Iterable[GatheredRendering]) -> None:
        """Queue clauses, unless they are queued already or not wanted any more."""
        for rendering in renderings:
            identity = rendering.identity
            if self._resumption.begins_again(rendering):
                self._queue.resume_after(*identity, 0)
            samples = rendering.whole(self.rate_hz, self._loudness_dbfs)
            self._queue.append(*identity, samples)
            if self._queue.complete(*identity):
                self._numbers[identity] = rendering.number
                self._lengths[identity] = len(samples)
                self._complete = max(self._complete or (0, 0), identity)
                self._report(self._played)
            self.top_up()

    def _report(self, played: tuple[int, int, int]) -> None:
        self._reported_played = played
        self._reports.append(messages.Heard(self.complete, self._as_position(played)))

    def _as_position(self, played: tuple[int, int, int]) -> Position:
        """What was played, as a position on the wire, and of how many samples of the clause; {} for nothing."""
        turn, clause, sample = played
        length = self._lengths.get((turn, clause))
        # A clause without a sound, which its voice failed at, say, is heard at once.
        if not sample and length != 0:
            return {}
        of = {} if length is None else {"of": length, "rate_hz": self.rate_hz}
        return {"turn": turn, "clause": clause, "sample": sample} | of
