"""What one caller hears, in the gateway: audio to the line, the position in the answer, playback held and gone on with.

The line's C clock paces the RTP. What is written and not yet sent is the line's `buffered_samples`, so the played cursor
is exact, also after a flush.
"""

from dataclasses import replace

import numpy as np

from steadyline.audio.cursor import Cursor, PlayedLedger
from steadyline.services.echo_reference import EchoReference
from steadyline.services.line import LineCall, Samples
from steadyline.wire import audio_messages, line_messages
from steadyline.wire.messages import Position

COMFORT_NOISE_MS = 40
COMFORT_NOISE_RMS = 15.0
"""-67 dB below full scale: heard as a line that is open."""
NOWHERE = (0, 0, 0)
REMEMBERED_CLAUSES = 8
"""The queue of a line (`outbound.queue_ms`) reaches over so many clauses at most."""

_Identity = tuple[int, int]


class LinePlayback:
    """The outgoing half of a call.

    Audio is taken only after outbound has echoed the newest `Playback`: what it had sent before is out of place by then.

    A line takes nothing while the caller has put the call on hold, and loses what is queued when the streams are replaced
    (RFC 3264, 8: re-INVITE). Playback is held until it takes something again, and goes on after what was played.

    Args:
        line: the telephone's side.
        echo: is told what goes there.
    """

    def __init__(self, line: LineCall, echo: EchoReference) -> None:
        self._line = line
        self._echo = echo
        self._rate_hz = 0
        self._ledger = PlayedLedger()
        self._played_before = 0
        self._clauses: dict[_Identity, tuple[int, int]] = {}
        self._received = 0
        self._reported: audio_messages.Cursor | None = None
        self._waits = False
        self._number = self._echoed = 0
        self._first_turn = 0
        self._is_held = self._is_flushing = self._is_interrupted = False
        self._is_refused = False
        self._flushed_before = 0

    @property
    def is_refused(self) -> bool:
        """The line takes nothing: the call is on hold."""
        return self._is_refused

    @property
    def rate_hz(self) -> int:
        """The line's rate; 0 before the answer."""
        return self._rate_hz

    @property
    def is_settled(self) -> bool:
        """Nothing is queued, nor being taken back."""
        return not self._line.buffered_samples and not self._is_flushing

    @property
    def accepted(self) -> Position:
        """Through where the answer counts as taken, as a position on the wire; {} before its first sound."""
        cursor = self._ledger.accepted_cursor
        if cursor is None:
            return {}
        rendering, end = self._clauses.get((cursor.turn, cursor.clause), (0, -1))
        position = {"turn": cursor.turn, "clause": cursor.clause, "sample": cursor.sample}
        return position | {"rendering": rendering, "ended": int(cursor.sample == end)}

    def follow_rate(self) -> bool:
        """The line's rate is known at the answer, and another after a re-INVITE that changed the codec; True when it is new."""
        rate_hz = self._line.line_rate_hz
        if rate_hz in (0, self._rate_hz):
            return False
        played = self._ledger.played(self._played_total())
        if played is not None:
            played = replace(played, sample=round(played.sample * rate_hz / self._rate_hz))
        self._ledger = PlayedLedger(played)
        self._clauses = {identity: (rendering, -1) for identity, (rendering, _) in self._clauses.items()}
        self._rate_hz = rate_hz
        self._echo.line_restarted()
        self._played_before, self._flushed_before = self._line.played_samples, self._line.flushed_samples
        self._is_flushing = False
        return True

    def outbound_connected(self) -> line_messages.Playback | None:
        """A new connection to outbound counts from 0; what it is to be told, if playback was ever held or cut."""
        self._received, self._reported = 0, None
        return self._playback() if self._number else None

    def follow(self, is_held: bool, first_turn: int) -> line_messages.Playback | None:
        """Hold or go on, and let answers to turns before `first_turn` be over; what outbound is to be told, if that is new."""
        has_lost = self._look_at_line()
        if self._is_refused and self._is_held and self._line.ready:
            self._is_refused = False
        is_interrupted, is_held = is_held, is_held or self._is_refused
        is_same = (is_held, first_turn) == (self._is_held, self._first_turn) and not has_lost
        if is_interrupted and not self._is_interrupted:
            self._echo.flushed(self._line.buffered_samples)
            self._line.flush()
            self._is_flushing = True
        self._is_interrupted = is_interrupted
        if is_same or (self._is_flushing and not is_held):
            return None
        self._is_held, self._first_turn = is_held, first_turn
        return self._playback()

    def _look_at_line(self) -> bool:
        """Whether it has lost what it was given, and nobody asked it to."""
        if self._is_flushing and self._line.buffered_samples:
            return False
        lost = self._line.flushed_samples - self._flushed_before
        self._flushed_before += lost
        if not lost and not self._is_flushing:
            return False
        self._ledger.flushed(self._played_total())
        has_lost, self._is_flushing = not self._is_flushing, False
        if has_lost:
            self._echo.flushed(lost)
        return has_lost

    def echoed(self, playback: line_messages.Playback) -> None:
        """Outbound has done as it was told."""
        self._echoed = playback.number

    def play(self, audio: audio_messages.LineAudio) -> bool:
        """Queue a piece of an answer; False when it is not taken."""
        self._received += len(audio.samples)
        if not self._takes_audio or audio.turn < self._first_turn:
            return False
        accepted = self._write(audio.samples) if len(audio.samples) else 0
        refused = len(audio.samples) - accepted
        if accepted or not refused:
            self._ledger.accepted(Cursor(audio.turn, audio.clause, audio.end_sample - refused), accepted)
            self._clauses[(audio.turn, audio.clause)] = (audio.rendering, audio.end_sample if audio.last else -1)
            if len(self._clauses) > REMEMBERED_CLAUSES:
                del self._clauses[min(self._clauses)]
        return not refused

    def play_phrase(self, phrase: audio_messages.PhraseAudio) -> bool:
        """Queue a piece of a phrase; False when it is not taken."""
        self._received += len(phrase.samples)
        if not self._takes_audio:
            return False
        self._ledger.accepted_aside(self._write(phrase.samples))
        return not self._is_refused

    def play_comfort_noise(self) -> bool:
        """Nobody gives the line anything: let it sound alive (RFC 3389 is for what is not sent; here every packet is)."""
        missing = self._rate_hz * COMFORT_NOISE_MS // 1000 - self._line.buffered_samples
        if missing <= 0 or self._is_flushing:
            return False
        noise = np.random.default_rng().normal(0.0, COMFORT_NOISE_RMS, missing).astype(np.int16)
        self._ledger.accepted_aside(self._write(noise))
        return True

    def cursor(self, enough_ms: int | None = None) -> audio_messages.Cursor | None:
        """What outbound is to know of the line; None when it knows, or can wait until the next time since so much is queued."""
        is_idle = (
            self._reported is not None and not self._reported.buffered and self._received == self._reported.received
        )
        if not self._rate_hz or is_idle:
            return None
        buffered = self._line.buffered_samples
        self._waits = not self._waits and enough_ms is not None and buffered >= self._rate_hz * enough_ms // 1000
        if self._waits:
            return None
        accepted, played = self._ledger.accepted_cursor, self._ledger.played(self._played_total())
        cursor = audio_messages.Cursor(self._received, buffered, _triple(accepted), _triple(played))
        if cursor == self._reported:
            return None
        self._reported = cursor
        return cursor

    @property
    def _takes_audio(self) -> bool:
        return not self._is_held and not self._is_refused and self._echoed == self._number

    def _write(self, samples: Samples) -> int:
        taken = self._echo.queued(samples, self._line.write(np.asarray(samples, np.int16)))
        self._is_refused = taken < len(samples)
        return taken

    def _played_total(self) -> int:
        return self._line.played_samples - self._played_before

    def _playback(self) -> line_messages.Playback:
        self._number += 1
        return line_messages.Playback(self._number, self._is_held, self._first_turn, self.accepted)


def _triple(cursor: Cursor | None) -> tuple[int, int, int]:
    return NOWHERE if cursor is None else (cursor.turn, cursor.clause, cursor.sample)
