"""One call in the gateway: rings until its pipeline is ready, then audio both ways and the cursors; pure of networks.

The line's C clock paces the RTP. What is written and not yet sent is the line's `buffered_samples`, so the played cursor
is exact.
"""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np

from steadyline.audio.cursor import Cursor, PlayedLedger
from steadyline.link.link import Link
from steadyline.services.line import LineCall, Samples
from steadyline.wire import audio_messages, messages
from steadyline.wire.messages import CallStarted, Message, PipelineState, Position
from steadyline.wire.outbox import Outbox

CLOCK_HZ = 16_000
KEPT_AUDIO_S = 60.0
NOWHERE = (0, 0, 0)
QUIET_PEAK = 33
"""Largest sample that is silence: -60 dB below full scale, as `inbound.silence_dbfs`."""
QUIET_AFTER_S = 1.0


class GatewayCall:
    """The audio and the cursors of one call.

    Args:
        line: the telephone's side.
        call_id: its number.
        started_at: time of the INVITE.
    """

    def __init__(self, line: LineCall, call_id: int, started_at: float) -> None:
        self.line = line
        self.call_id = call_id
        self.call_uuid = str(uuid.uuid4())
        self.started_at = started_at
        self.is_answered = False
        self.is_over = False
        self.is_journaled = False
        self.serving: asyncio.Task[None] | None = None
        self.inbound: Link | None = None
        self.outbound: Link | None = None
        self.pipeline = PipelineState(False, "inbound: not connected")
        self.on_ready: Callable[[], None] = lambda: None
        self._rate_hz = 0
        self._next_sample = 0
        self._heard: Outbox[int, audio_messages.CallerAudio] = Outbox(KEPT_AUDIO_S * CLOCK_HZ)
        self._ledger = PlayedLedger()
        self._written_at_rate_change = 0
        self._received = 0
        self._reported: audio_messages.Cursor | None = None
        self._quiet_ticks = 0

    def __repr__(self) -> str:
        state = "over" if self.is_over else "answered" if self.is_answered else "ringing"
        return f"<GatewayCall {self.call_id} {state} {self.waiting_for or 'ready'}>"

    @property
    def waiting_for(self) -> str:
        """ "" when the pipeline is ready, else what is missing, for people."""
        if self.inbound is None:
            return "inbound: not connected"
        if self.outbound is None:
            return "outbound: not connected"
        return "" if self.pipeline.ready else self.pipeline.waiting_for

    @property
    def is_quiet(self) -> bool:
        """Nobody has spoken for a while: neither was the caller audible nor is anything being played."""
        return self._quiet_ticks >= QUIET_AFTER_S * CLOCK_HZ

    @property
    def rate_hz(self) -> int:
        """The line's rate; 0 before the answer."""
        return self._rate_hz

    def begin_anew(self, call_id: int) -> None:
        """Go by another id, and another uuid: nothing of the former id can be taken for this call's."""
        self.call_id, self.call_uuid = call_id, str(uuid.uuid4())
        self.inbound = self.outbound = None
        self.pipeline = PipelineState(False, "inbound: not connected")

    def started(self) -> CallStarted:
        """What the processors are told."""
        return CallStarted(self.call_id, self.call_uuid, self.line.peer, self._rate_hz)

    def answered(self) -> None:
        """Media is up."""
        self.is_answered = True
        self._follow_rate()

    def committed(self, role: str) -> Position:
        """For WELCOME: what a new outbound goes on from."""
        if role != "outbound" or not self._rate_hz:
            return {}
        position: Position = {"line_rate_hz": self._rate_hz}
        cursor = self._ledger.accepted_cursor
        if cursor is not None:
            position |= {"turn": cursor.turn, "clause": cursor.clause, "sample": cursor.sample}
        return position

    def connected(self, role: str, link: Link, resume: Position) -> None:
        """A processor's connection of this call is open."""
        if role == "inbound":
            self.inbound = link
            for audio in self._heard.after(resume.get("sample")):
                link.send(audio)
        else:
            self.outbound, self._received, self._reported = link, 0, None
        if self.is_answered:
            link.send(self._answered_message())
        self.on_ready()

    def disconnected(self, link: Link, reason: str) -> bool:
        """A processor's connection of this call is gone; False when it was another one's."""
        if self.inbound is link:
            self.inbound = None
            self.pipeline = PipelineState(False, f"inbound: {reason}")
        elif self.outbound is link:
            self.outbound = None
        else:
            return False
        return True

    def from_processor(self, message: Message) -> None:
        """A message on this call's connection 0."""
        if isinstance(message, audio_messages.LineAudio):
            self._play(message)
        elif isinstance(message, PipelineState):
            self.pipeline = message
            self.on_ready()
        elif isinstance(message, messages.Committed):
            self._heard.commit(message.sample)

    def digit(self, digit: str, duration_ms: int) -> None:
        """The caller pressed a key."""
        if self.inbound is not None:
            self.inbound.send(messages.Digit(digit, duration_ms, self._next_sample))

    def tick(self) -> None:
        """Every frame: pass the caller's audio on, report the cursor."""
        self._follow_rate()
        samples = self.line.read()
        if len(samples) and self._rate_hz:
            self._hear(samples)
        self._report_cursor()

    def _follow_rate(self) -> None:
        """The line's rate is known at the answer, and another after a re-INVITE that changed the codec."""
        rate_hz = self.line.line_rate_hz
        if rate_hz in (0, self._rate_hz):
            return
        self._rate_hz = rate_hz
        self._ledger = PlayedLedger()
        self._written_at_rate_change = self.line.written_samples
        for link in (self.inbound, self.outbound):
            if link is not None:
                link.send(self._answered_message())

    def _answered_message(self) -> messages.Answered:
        return messages.Answered(self.line.codec or "", self._rate_hz)

    def _hear(self, samples: Samples) -> None:
        audio = audio_messages.CallerAudio(self._next_sample, self._rate_hz, samples)
        ticks = len(samples) * CLOCK_HZ // self._rate_hz
        self._next_sample += ticks
        self._quiet_ticks = 0 if int(np.abs(samples).max()) > QUIET_PEAK else self._quiet_ticks + ticks
        self._heard.put(self._next_sample, audio, ticks)
        if self.inbound is not None:
            self.inbound.send(audio)

    def _play(self, audio: audio_messages.LineAudio) -> None:
        accepted = self.line.write(np.asarray(audio.samples, np.int16)) if len(audio.samples) else 0
        self._received += len(audio.samples)
        self._quiet_ticks = 0
        if accepted == len(audio.samples):
            self._ledger.accepted(Cursor(audio.turn, audio.clause, audio.end_sample), accepted)

    def _report_cursor(self) -> None:
        is_idle = (
            self._reported is not None and not self._reported.buffered and self._received == self._reported.received
        )
        if self.outbound is None or not self._rate_hz or is_idle:
            return
        buffered = self.line.buffered_samples
        accepted = self._ledger.accepted_cursor
        played = self._ledger.played(self.line.written_samples - self._written_at_rate_change - buffered)
        cursor = audio_messages.Cursor(self._received, buffered, _triple(accepted), _triple(played))
        if cursor != self._reported:
            self._reported, self._quiet_ticks = cursor, 0
            self.outbound.send(cursor)

    def details(self) -> dict[str, Any]:
        """For `steadyline status`."""
        return {
            "call_id": self.call_id,
            "peer": self.line.peer,
            "codec": self.line.codec,
            "state": "answered" if self.is_answered else "ringing",
            "waiting_for": self.waiting_for,
        }


def _triple(cursor: Cursor | None) -> tuple[int, int, int]:
    return NOWHERE if cursor is None else (cursor.turn, cursor.clause, cursor.sample)
