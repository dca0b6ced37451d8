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
from steadyline.services.owed_answer import OwedAnswer
from steadyline.wire import audio_messages, line_messages, messages
from steadyline.wire.line_messages import CallStarted
from steadyline.wire.messages import Message, PipelineState, Position
from steadyline.wire.outbox import Outbox

CLOCK_HZ = 16_000
KEPT_AUDIO_S = 60.0
KEPT_DIGITS = 100
COMFORT_NOISE_MS = 40
COMFORT_NOISE_RMS = 15.0
"""-67 dB below full scale: heard as a line that is open."""
NOT_TOLD = -1.0
"""Outbound has not been told whether an answer is owed."""
NOWHERE = (0, 0, 0)
QUIET_PEAK = 33
"""Largest sample that is silence: -60 dB below full scale, as `inbound.silence_dbfs`."""
QUIET_AFTER_S = 1.0


class GatewayCall:
    """The audio and the cursors of one call.

    Attributes:
        on_first_audio: called with the turn and the seconds for which the caller waited for its answer.
        on_phrase: called with the number of a phrase that begins, and the seconds for which the caller has waited.
        on_hang_up: called with the reason when the call is to be ended.

    Args:
        line: the telephone's side.
        call_id: its number.
        now: the clock, seconds.
    """

    def __init__(self, line: LineCall, call_id: int, now: Callable[[], float]) -> None:
        self.line = line
        self._now = now
        self.call_id = call_id
        self.call_uuid = str(uuid.uuid4())
        self.started_at = now()
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
        self._committed = 0
        self._heard: Outbox[int, audio_messages.CallerAudio] = Outbox(KEPT_AUDIO_S * CLOCK_HZ)
        self._ledger = PlayedLedger()
        self._rendering = 0
        self._clause_ended = False
        self._written_at_rate_change = 0
        self._received = 0
        self._reported: audio_messages.Cursor | None = None
        self._quiet_ticks = 0
        self._digits: Outbox[int, line_messages.Digit] = Outbox(KEPT_DIGITS)
        self._newest_digit = -1
        self._owed = OwedAnswer()
        self._told_owed: float | None = None
        self._hang_up_reason = ""
        self.on_first_audio: Callable[[int, float], None] = lambda turn, waited_s: None
        self.on_phrase: Callable[[int, float], None] = lambda phrase, waited_s: None
        self.on_hang_up: Callable[[str], None] = lambda reason: None

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
        """For WELCOME: what a new processor goes on from."""
        if role == "inbound":
            return {"sample": self._committed}
        if role != "outbound" or not self._rate_hz:
            return {}
        position: Position = {"line_rate_hz": self._rate_hz}
        cursor = self._ledger.accepted_cursor
        if cursor is not None:
            position |= {"turn": cursor.turn, "clause": cursor.clause, "sample": cursor.sample}
            position |= {"rendering": self._rendering, "ended": int(self._clause_ended)}
        return position

    def connected(self, role: str, link: Link, resume: Position) -> None:
        """A processor's connection of this call is open."""
        if role == "inbound":
            self.inbound = link
            link.send_again(self._digits.after(None))
            link.send_again(self._heard.after(resume.get("sample")))
        else:
            self.outbound, self._received, self._reported, self._told_owed = link, 0, None, NOT_TOLD
        if self.is_answered:
            link.send(self._answered_message())
        self._tell_owed()
        self.on_ready()

    def disconnected(self, link: Link, reason: str) -> bool:
        """A processor's connection of this call is gone; False when it was another one's."""
        if self.inbound is link:
            self.inbound = None
            self.pipeline = PipelineState(False, f"inbound: {reason}")
            self._owed.inbound_lost()
            self._tell_owed()
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
            self._committed = max(self._committed, message.sample)
            self._heard.commit(message.sample)
            self._digits.commit(message.sample)
            self._owed.committed(message.sample, message.turn)
            self._tell_owed()
        elif isinstance(message, line_messages.CallerSpeech):
            self._owed.caller_speech(message.is_speaking, message.sample, self._now())
            self._tell_owed()
        elif isinstance(message, audio_messages.PhraseAudio):
            self._play_phrase(message)
        elif isinstance(message, line_messages.HangUp):
            self._hang_up_reason = message.reason

    def digit(self, digit: str, duration_ms: int) -> None:
        """The caller pressed a key."""
        # The sample is the digit's identity: two in one frame must differ.
        self._newest_digit = max(self._next_sample, self._newest_digit + 1)
        message = line_messages.Digit(digit, duration_ms, self._newest_digit)
        self._digits.put(message.sample, message)
        if self.inbound is not None:
            self.inbound.send(message)

    def tick(self) -> None:
        """Every frame: pass the caller's audio on, report the cursor."""
        self._follow_rate()
        samples = self.line.read()
        if len(samples) and self._rate_hz:
            self._hear(samples)
        self._report_cursor()
        if self.outbound is None and self._rate_hz:
            self._play_comfort_noise()
        if self._hang_up_reason and not self.line.buffered_samples:
            self.on_hang_up(self._hang_up_reason)

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

    def _answered_message(self) -> line_messages.Answered:
        return line_messages.Answered(self.line.codec or "", self._rate_hz)

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
            self._rendering, self._clause_ended = audio.rendering, audio.last
            waiting_since = self._owed.since_s
            self._owed.accepted(audio.turn)
            if waiting_since is not None and self._owed.since_s is None:
                self.on_first_audio(audio.turn, self._now() - waiting_since)
            self._tell_owed()

    def _play_phrase(self, phrase: audio_messages.PhraseAudio) -> None:
        self._received += len(phrase.samples)
        self._quiet_ticks = 0
        if phrase.start_sample == 0:
            since = self._owed.since_s
            self.on_phrase(phrase.phrase, 0.0 if since is None else self._now() - since)
        self._ledger.accepted_aside(self.line.write(np.asarray(phrase.samples, np.int16)))

    def _play_comfort_noise(self) -> None:
        """Nobody gives the line anything: let it sound alive (RFC 3389 is for what is not sent; here every packet is)."""
        missing = self._rate_hz * COMFORT_NOISE_MS // 1000 - self.line.buffered_samples
        if missing > 0:
            noise = np.random.default_rng().normal(0.0, COMFORT_NOISE_RMS, missing).astype(np.int16)
            self._ledger.accepted_aside(self.line.write(noise))
            self._quiet_ticks = 0

    def _tell_owed(self) -> None:
        """Outbound is told when an answer comes to be owed, and when it is not any more."""
        since = self._owed.since_s
        if self.outbound is None or since == self._told_owed:
            return
        self._told_owed = since
        owed_ms = 0 if since is None else round((self._now() - since) * 1000)
        self.outbound.send(line_messages.AnswerOwed(since is not None, owed_ms))

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
