"""The agent's speech on its way to the line: clauses in order, every sample once, no clicks between them."""

from dataclasses import dataclass, field

import numpy as np

from steadyline.audio.cursor import Cursor
from steadyline.audio.pcm import Int16

__all__ = ["Cursor", "Piece", "PlayoutQueue"]

_Identity = tuple[int, int]
_LAST_CLAUSE = 1 << 62


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one clause, a whole number of frames long.

    Attributes:
        turn, clause: whose sound it is.
        end_sample: position in the clause, at the line's rate, of the sample after the last; silence that fills the
            clause's last frame is not counted.
        samples: int16 mono at the line's rate, shape (n,); empty for a clause that had no (or no more) sound.
        last: the clause ends with this piece.
    """

    turn: int
    clause: int
    end_sample: int
    samples: Int16
    last: bool

    @property
    def end(self) -> Cursor:
        """The position at which the piece ends."""
        return Cursor(self.turn, self.clause, self.end_sample)


@dataclass(slots=True)
class _Clause:
    identity: _Identity
    taken: int = 0
    fade_in_from: int = 0
    complete: bool = False
    finished: bool = False
    length: int = 0
    chunks: list[Int16] = field(default_factory=list)

    def audio(self) -> Int16:
        if len(self.chunks) != 1:
            self.chunks = [np.concatenate(self.chunks) if self.chunks else np.zeros(0, np.int16)]
        return self.chunks[0]

    def start_at(self, sample: int) -> None:
        self.taken = self.fade_in_from = sample
        self.finished = False


class PlayoutQueue:
    """An ordered, bounded queue of clauses, known by their identity (turn, clause).

    A clause is appended chunk by chunk, marked complete, and handed out in whole frames, after every earlier clause
    that is queued. What was handed out stays known for a while, so that `resume_after` can go back to a position
    that the caller has really heard; a clause that comes a second time is dropped.

    Args:
        rate_hz: the line's sample rate.
        frame_samples: `take` hands out multiples of this; a clause's last frame is filled with silence.
        max_s: seconds of sound from which on the queue `is_full`.
        whole_clauses: a clause is handed out only when it is complete: a crash of the engine in the middle of it is
            then never heard. False starts sooner. A single clause beyond `max_s` is handed out in any case.
        fade_ms: length of the fade at a clause's start and end.
        keep_s: how much of what was handed out is kept for `resume_after`, beside the clause last handed out.
    """

    def __init__(
        self,
        rate_hz: int,
        frame_samples: int,
        max_s: float = 30.0,
        whole_clauses: bool = True,
        fade_ms: float = 2.5,
        keep_s: float = 2.0,
    ) -> None:
        self._frame = frame_samples
        self._max = round(max_s * rate_hz)
        self._keep = round(keep_s * rate_hz)
        self._fade = max(1, round(fade_ms * rate_hz / 1000))
        self._whole = whole_clauses
        self._clauses: list[_Clause] = []
        self._done_through: _Identity = (-1, -1)
        self._resume: Cursor | None = None

    def append(self, turn: int, clause: int, samples: Int16) -> bool:
        """Add int16 mono samples of shape (n,) at the line's rate to a clause; False when it is known already."""
        entry = self._open(turn, clause)
        if entry is None:
            return False
        entry.chunks.append(samples)
        entry.length += len(samples)
        return True

    def complete(self, turn: int, clause: int) -> bool:
        """All of the clause (perhaps nothing) was appended; False when it was complete already or is not wanted."""
        entry = self._open(turn, clause)
        if entry is None:
            return False
        entry.complete = True
        return True

    def take(self, n_samples: int) -> list[Piece]:
        """Hand out what is playable, in order: at most `n_samples` samples, in whole frames.

        A clause without any sound left still yields one empty piece, so that its end is seen in its place.
        """
        pieces: list[Piece] = []
        room = n_samples // self._frame
        for entry in self._clauses:
            if entry.finished:
                continue
            piece = self._piece(entry, room)
            if piece is not None:
                pieces.append(piece)
                room -= len(piece.samples) // self._frame
            if not entry.finished:
                break
        self._forget_old()
        return pieces

    def cancel(self, turn: int) -> None:
        """Drop this turn's clauses and all earlier ones, and whatever of them still comes."""
        self.drop_through(turn, _LAST_CLAUSE)

    def drop_through(self, turn: int, clause: int) -> None:
        """Drop the clauses through this one, and whatever of them still comes."""
        self._done_through = max(self._done_through, (turn, clause))
        self._clauses = [entry for entry in self._clauses if entry.identity > self._done_through]

    def resume_after(self, turn: int, clause: int, sample: int) -> None:
        """Go on after a position: what lies before it is dropped, what lies after it is handed out (again).

        The clause itself may be queued, handed out already or still to come; then its first `sample` samples are
        skipped. Clauses dropped by `drop_through` or `cancel` stay dropped.
        """
        resumed = (turn, clause)
        self._clauses = [entry for entry in self._clauses if entry.identity >= resumed]
        self._done_through = max(self._done_through, (turn, clause - 1))
        self._resume = Cursor(turn, clause, sample)
        for entry in self._clauses:
            entry.start_at(sample if entry.identity == resumed else 0)

    def discard_incomplete(self) -> None:
        """Forget clauses that are not complete: another engine renders them anew, from the start.

        Where one of them was handed out in part, its new rendering goes on at the same position.
        """
        for entry in self._clauses:
            if not entry.complete and entry.taken:
                self._resume = Cursor(*entry.identity, entry.taken)
        self._clauses = [entry for entry in self._clauses if entry.complete]

    @property
    def is_full(self) -> bool:
        """There is sound for `max_s`, some of it playable: take some before appending more."""
        return self.queued_samples >= self._max and self.playable_samples > 0

    @property
    def queued_samples(self) -> int:
        """Samples that were appended and not handed out, playable or not."""
        return sum(max(0, entry.length - entry.taken) for entry in self._clauses if not entry.finished)

    @property
    def playable_samples(self) -> int:
        """Samples that `take` would hand out now, without the silence that fills last frames."""
        playable = 0
        for entry in self._clauses:
            if not entry.finished:
                playable += self._available(entry)
                if not entry.complete:
                    break
        return playable

    @property
    def complete_clauses(self) -> list[tuple[int, int]]:
        """Identities (turn, clause) of the complete clauses that are kept, in order, handed out or not."""
        return [entry.identity for entry in self._clauses if entry.complete]

    def _open(self, turn: int, clause: int) -> _Clause | None:
        """The clause to add to, made if it is new; None when nothing may be added to it."""
        identity = (turn, clause)
        place = len(self._clauses)
        while place and self._clauses[place - 1].identity >= identity:
            place -= 1
        if place < len(self._clauses) and self._clauses[place].identity == identity:
            return None if self._clauses[place].complete else self._clauses[place]
        overtaken = any(entry.taken or entry.finished for entry in self._clauses[place:])
        if identity <= self._done_through or overtaken:
            return None
        entry = _Clause(identity)
        if self._resume is not None and (self._resume.turn, self._resume.clause) == identity:
            entry.start_at(self._resume.sample)
        self._clauses.insert(place, entry)
        return entry

    def _available(self, entry: _Clause) -> int:
        if entry.complete:
            return max(0, entry.length - entry.taken)
        if self._whole and entry.length < self._max:
            return 0
        # The end of the clause fades out; until it is known where that is, as much is held back.
        playable = max(0, entry.length - entry.taken - self._fade)
        return playable - playable % self._frame

    def _piece(self, entry: _Clause, room: int) -> Piece | None:
        available = self._available(entry)
        count = min(available, room * self._frame)
        entry.finished = entry.complete and count == available
        if count == 0 and not entry.finished:
            return None
        end = entry.taken + count
        samples = self._faded(entry, entry.taken, end)
        padding = -count % self._frame
        if padding:
            samples = np.concatenate((samples, np.zeros(padding, np.int16)))
        entry.taken = end
        return Piece(*entry.identity, end, samples, entry.finished)

    def _faded(self, entry: _Clause, start: int, end: int) -> Int16:
        samples = entry.audio()[start:end]
        rise = np.arange(start, end) - entry.fade_in_from + 1
        gain = np.minimum(1.0, rise / self._fade)
        if entry.complete:
            gain = np.minimum(gain, (entry.length - np.arange(start, end)) / self._fade)
        faded: Int16 = np.rint(samples * gain).astype(np.int16)
        return faded

    def _forget_old(self) -> None:
        """Drop clauses that were finished more than `keep_s` of sound ago."""
        later = 0
        for place in reversed(range(len(self._clauses))):
            entry = self._clauses[place]
            if entry.finished and later >= self._keep:
                self._done_through = max(self._done_through, entry.identity)
                del self._clauses[: place + 1]
                return
            later += entry.taken
