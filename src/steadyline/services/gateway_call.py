"""One call in the gateway: rings until its pipeline is ready, then the caller's audio, and who speaks; pure of networks."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np

from steadyline.config_speech import BargeInSection
from steadyline.link.link import Link
from steadyline.recorder.recorder import CallRecording
from steadyline.services.caller_silence import CallerSilence
from steadyline.services.caller_stream import CLOCK_HZ, CallerStream
from steadyline.services.echo_reference import EchoReference
from steadyline.services.line import LineCall, Samples
from steadyline.services.line_playback import LinePlayback
from steadyline.services.outbound_news import OutboundNews
from steadyline.services.owed_answer import OwedAnswer
from steadyline.services.playback_hold import PlaybackHold
from steadyline.services.typed_text import TypedTexts
from steadyline.wire import audio_messages, line_messages, messages
from steadyline.wire.line_messages import CallStarted, TypedText
from steadyline.wire.messages import Message, PipelineState, Position

QUIET_PEAK = 33
"""Largest sample that is silence: -60 dB below full scale, as `inbound.silence_dbfs`."""
QUIET_AFTER_S = 1.0


class GatewayCall:
    """The audio and the cursors of one call.

    Attributes:
        on_first_audio: called with the turn and the seconds for which the caller waited for its answer.
        on_phrase: called with the number of a phrase that begins, and the seconds for which an answer was owed, or None.
        on_hang_up: called with the reason when the call is to be ended.

    Args:
        line: the telephone's side.
        call_id: its number.
        now: the clock, seconds.
        barge_in: how the caller may interrupt.
        typed: what the caller types.
    """

    def __init__(
        self, line: LineCall, call_id: int, now: Callable[[], float], barge_in: BargeInSection, typed: TypedTexts
    ) -> None:
        self.line = line
        self._now = now
        self._barges_in = barge_in.enabled
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
        self._tell_nobody()
        self._caller = CallerStream(typed)
        self._echo = EchoReference()
        self._playback = LinePlayback(line, self._echo)
        self._hold = PlaybackHold(barge_in.undecided_s)
        self._first_turn = 0
        self._quiet_ticks = 0
        self._owed = OwedAnswer()
        self._silence = CallerSilence(self._owed)
        self._news = OutboundNews(self._owed, self._silence)
        self._hang_up_reason = ""
        self._recording: CallRecording | None = None

    def __repr__(self) -> str:
        state = "over" if self.is_over else "answered" if self.is_answered else "ringing"
        return f"<GatewayCall {self.call_id} {state} {self.waiting_for or 'ready'}>"

    def _tell_nobody(self) -> None:
        self.on_ready: Callable[[], None] = lambda: None
        self.on_first_audio: Callable[[int, float], None] = lambda turn, waited_s: None
        self.on_phrase: Callable[[int, float | None], None] = lambda phrase, waited_s: None
        self.on_hang_up: Callable[[str], None] = lambda reason: None

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
        return self._playback.rate_hz

    def begin_anew(self, call_id: int) -> None:
        """Go by another id, and another uuid: nothing of the former id can be taken for this call's."""
        self.call_id, self.call_uuid = call_id, str(uuid.uuid4())
        self.inbound = self.outbound = None
        self.pipeline = PipelineState(False, "inbound: not connected")

    def let_go(self) -> None:
        """The call is over. Nothing may refer back to it: a minute of its audio would wait for the garbage collector."""
        self._tell_nobody()
        if self.serving is not None:
            self.serving.cancel()
        self.serving = self.inbound = self.outbound = None

    def started(self) -> CallStarted:
        """What the processors are told."""
        return CallStarted(self.call_id, self.call_uuid, self.line.peer, self.rate_hz)

    def answered(self, recording: CallRecording | None = None) -> None:
        """Media is up; `recording` is told what is heard and played."""
        self.is_answered = True
        self._follow_rate()
        self._recording = recording
        if recording is not None:
            recording.answered(self.line.codec or "", self.rate_hz)
        self._silence.answered(self._now())
        self._tell_news()

    def committed(self, role: str) -> Position:
        """For WELCOME: what a new processor goes on from."""
        if role == "inbound":
            return {"sample": self._caller.committed}
        if role != "outbound" or not self.rate_hz:
            return {}
        return {"line_rate_hz": self.rate_hz} | self._playback.accepted

    def connected(self, role: str, link: Link, resume: Position) -> None:
        """A processor's connection of this call is open."""
        if role == "inbound":
            self.inbound = link
            self._owed.inbound_lost()
            self._hold.inbound_lost(self._now())
            # The next tick looks at the new one: how long the caller says nothing is counted anew.
            self._silence.listened_to(None, self._now())
            link.send_again(self._caller.marks())
            has = resume.get("sample", 0)
            link.send_again(self._echo.for_inbound(self._caller.after(has), has, self._caller.committed))
        else:
            self.outbound = link
            self._news.begin_anew()
        if self.is_answered:
            link.send(self._answered_message())
        if role == "outbound":
            self._tell_outbound(self._playback.outbound_connected())
        self._tell_news()
        self.on_ready()

    def disconnected(self, link: Link, reason: str) -> bool:
        """A processor's connection of this call is gone; False when it was another one's."""
        if self.inbound is link:
            self.inbound = None
            self.pipeline = PipelineState(False, f"inbound: {reason}")
            self._owed.inbound_lost()
            self._hold.inbound_lost(self._now())
            self._silence.listened_to(None, self._now())
            self._tell_news()
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
            self._caller.commit(message.sample)
            self._echo.committed(message.sample)
            self._owed.committed(message.sample, message.turn)
            self._hold.committed(message.sample)
            if self._barges_in:
                self._first_turn = max(self._first_turn, message.turn)
            self._follow_hold()
        elif isinstance(message, line_messages.CallerSpeech):
            self._caller.cut(message)
            self._owed.caller_speech(message.is_speaking, message.sample, self._now())
            self._hold.caller_speech(message.is_speaking, self._now())
        elif isinstance(message, line_messages.BargeIn):
            self._barge_in(message)
        elif isinstance(message, line_messages.Playback):
            self._playback.echoed(message)
        elif isinstance(message, audio_messages.PhraseAudio):
            self._play_phrase(message)
        elif isinstance(message, line_messages.EchoLearned):
            self._echo.learned(message)
        elif isinstance(message, line_messages.HangUp):
            self._hang_up_reason = message.reason
        elif isinstance(message, messages.AnswerEnded):
            self._news.answer_ended(message)
        self._tell_news()

    def digit(self, digit: str, duration_ms: int) -> None:
        """The caller pressed a key."""
        message = self._caller.press(digit, duration_ms)
        self._silence.key_pressed(self._now())
        self._tell_news()
        if self.inbound is not None:
            self.inbound.send(message)

    def typed(self, number: int, text: str) -> tuple[str, TypedText | None]:
        """The caller typed a line; arguments, result and errors as of `TypedTexts.take`."""
        line, typed = self._caller.type(number, text, self._now())
        if typed is not None:
            self._owed.caller_speech(False, typed.sample, self._now())
            self._silence.key_pressed(self._now())
            if self._barges_in:
                self._hold.interrupting(typed.sample - 1, self._now())
                self._follow_hold()
            self._tell_news()
            if self.inbound is not None:
                self.inbound.send(typed)
        return line, typed

    def tick(self, enough_ms: int | None = None) -> None:
        """Every frame: pass the caller's audio on, report the cursor, or only every other time while so much is queued."""
        self._follow_rate()
        self._hold.look(self._now())
        # First of all: what the line has lost has not left for the caller.
        self._follow_hold()
        samples = self.line.read()
        hears, buffered = bool(len(samples) and self.rate_hz), self.line.buffered_samples
        left = self._echo.tell(self.inbound, buffered, self._caller.next_sample, self.rate_hz, more=hears)
        if self._recording is not None and self.rate_hz:
            self._recording.played(self._caller.next_sample, self.rate_hz, left)
        if hears:
            self._hear(samples)
        self._note_line_hold()
        if self.outbound is not None:
            self._tell_outbound(self._playback.cursor(enough_ms))
        elif self.rate_hz and self._playback.play_comfort_noise():
            self._quiet_ticks = 0
        if self._hang_up_reason and self._playback.is_settled:
            self.on_hang_up(self._hang_up_reason)

    def _note_line_hold(self) -> None:
        """Whoever has put the call on hold hears nothing: neither do they wait for us, nor is it their turn to speak."""
        is_on_hold = self._playback.is_refused
        self._silence.listened_to(None if is_on_hold else self.inbound, self._now())
        if self._owed.on_hold(is_on_hold, self._now()):
            self._tell_news()

    def _follow_rate(self) -> None:
        if self._playback.follow_rate():
            for link in (self.inbound, self.outbound):
                if link is not None:
                    link.send(self._answered_message())

    def _answered_message(self) -> line_messages.Answered:
        return line_messages.Answered(self.line.codec or "", self.rate_hz)

    def _hear(self, samples: Samples) -> None:
        begun, audio = self._caller.next_sample, self._caller.hear(samples, self.rate_hz)
        is_quiet = int(np.abs(samples).max()) <= QUIET_PEAK
        self._quiet_ticks = self._quiet_ticks + self._caller.next_sample - begun if is_quiet else 0
        if self._recording is not None:
            self._recording.heard(audio.sample, audio.rate_hz, samples)
        if self.inbound is not None:
            self.inbound.send(audio)

    def _play(self, audio: audio_messages.LineAudio) -> None:
        self._quiet_ticks = 0
        if self._playback.play(audio):
            self._note_sound()
            waiting_since = self._owed.since_s
            self._owed.accepted(audio.turn)
            if waiting_since is not None and self._owed.since_s is None:
                self.on_first_audio(audio.turn, self._now() - waiting_since)

    def _play_phrase(self, phrase: audio_messages.PhraseAudio) -> None:
        self._quiet_ticks = 0
        if self._playback.play_phrase(phrase):
            self._note_sound()
            if phrase.start_sample == 0:
                since = self._owed.since_s
                self.on_phrase(phrase.phrase, None if since is None else self._now() - since)
                self._silence.phrase_begun(phrase.phrase)

    def _note_sound(self) -> None:
        self._silence.sounded(self._now() + self.line.buffered_samples / (self.rate_hz or CLOCK_HZ))

    def _barge_in(self, barge_in: line_messages.BargeIn) -> None:
        """The caller may be interrupting, or is not after all."""
        if barge_in.is_interrupting:
            self._hold.interrupting(barge_in.sample, self._now())
        else:
            self._hold.was_nothing(barge_in.sample)
        self._follow_hold()

    def _follow_hold(self) -> None:
        if self.rate_hz:
            self._tell_outbound(self._playback.follow(self._hold.is_held, self._first_turn))

    def _tell_outbound(self, message: Message | None) -> None:
        if message is not None:
            self._quiet_ticks = 0
            if self.outbound is not None:
                self.outbound.send(message)

    def _tell_news(self) -> None:
        """Outbound is told what it does not know yet of what is owed, and of a caller who says nothing."""
        if self.outbound is not None:
            for news in self._news.take(self._now()):
                self.outbound.send(news)

    def details(self) -> dict[str, Any]:
        """For `steadyline status`."""
        return {
            "call_id": self.call_id,
            "call_uuid": self.call_uuid,
            "peer": self.line.peer,
            "codec": self.line.codec,
            "state": "answered" if self.is_answered else "ringing",
            "waiting_for": self.waiting_for,
            "starved_frames": self.line.media_stats().get("starved_frames", 0),
        }
