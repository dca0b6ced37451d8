"""Outbound: the answer's audio to the line's rate, in order, kept queued in the gateway; no clock of its own.

The gateway's C clock paces: it reports its cursor, and outbound tops its queue up to `outbound.queue_ms`. When nothing can be
said although an answer is owed, outbound says something itself, from disk.
"""

from typing import Any

from steadyline.audio.cursor import Cursor
from steadyline.audio.loudness import levelled
from steadyline.audio.pcm import to_pcm16
from steadyline.audio.resampling import resample
from steadyline.clock import TimerHandle
from steadyline.config import Config
from steadyline.connections import GATEWAY_OUTBOUND, REGISTER_STANDBY, REGISTER_TTS, TTS_OUTBOUND
from steadyline.link.link import Link
from steadyline.link.runtime import Runtime
from steadyline.services.ending import Ending
from steadyline.services.patience import Patience, Phrase
from steadyline.services.phrases import PHRASES_HZ, Phrases
from steadyline.services.playout import Accepted, Playout
from steadyline.services.processor import NewCall, ProcessorCall, ProcessorPlace, ProcessorService
from steadyline.services.silence import Silence
from steadyline.wire import audio_messages, line_messages, messages
from steadyline.wire.messages import Hello, Message, Position, Welcome

GIVEN_UP = "no answer could be given"


def outbound_service(runtime: Runtime, config: Config, phrases: Phrases) -> ProcessorService:
    """The outbound audio processor; `phrases` are what it can say by itself."""
    registrations = [(REGISTER_TTS, config.tts.register_port)]
    if config.standby.engine:
        registrations.append((REGISTER_STANDBY, config.standby.register_port))
    base = config.outbound.audio_port_base
    place = ProcessorPlace(GATEWAY_OUTBOUND, TTS_OUTBOUND.number, base, tuple(registrations))

    def make_call(call: NewCall) -> OutboundCall:
        return OutboundCall(runtime, config, place, call, phrases)

    return ProcessorService(runtime, config, place, make_call)


class OutboundCall(ProcessorCall):
    """One call's answers on their way to the gateway."""

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        place: ProcessorPlace,
        call: NewCall,
        phrases: Phrases,
    ) -> None:
        super().__init__(runtime, config, place, call)
        self._settings = config.outbound
        self._phrases = phrases
        self._playout: Playout | None = None
        self._early: list[tuple[str, Message]] = []
        self._patience = Patience(config.outbound, runtime.clock.now())
        self._silence = Silence(config.outbound, runtime.clock.now())
        self._ending = Ending()
        self._owed_since: float | None = None
        self._silent: tuple[float, int] | None = None
        self._stalled_since: float | None = None
        self._timer: tuple[float, TimerHandle] | None = None
        self._awaiting_same: TimerHandle | None = None
        self._is_giving_up = False
        self._held: line_messages.Playback | None = None
        self._hang_up_reason = ""

    def details(self) -> dict[str, Any]:
        return {"queued_s": round(self._playout.queued_s, 3) if self._playout else 0.0}

    def committed(self) -> Position:
        return self._playout.complete if self._playout else {}

    def released(self) -> None:
        if self._timer is not None:
            self._timer[1].cancel()
        if self._awaiting_same is not None:
            self._awaiting_same.cancel()

    def gateway_lost(self) -> None:
        """No BYE: should the call live, its voices still have the clause that is being played. If not, inbound's BYE comes to
        them by way of whisper and LLaMA.
        """
        self.abandon("gateway lost")

    def line_opened(self, welcome: Welcome) -> None:
        accepted = _accepted(welcome.committed)
        if self._playout is not None:
            self._playout.line_reopened(accepted)
        elif "line_rate_hz" in welcome.committed:
            self._start_playout(welcome.committed["line_rate_hz"], accepted)
        if self._ending.answer is not None:
            self.line.send(self._ending.answer)
        if self._hang_up_reason:
            self.line.send(line_messages.HangUp(self._hang_up_reason))

    def from_line(self, message: Message) -> None:
        if isinstance(message, line_messages.Answered):
            if self._playout is None or self._playout.rate_hz != message.line_rate_hz:
                self._start_playout(message.line_rate_hz, None)
        elif isinstance(message, audio_messages.Cursor) and self._playout is not None:
            self._playout.cursor(message)
            self._report()
        elif isinstance(message, line_messages.Playback):
            self._follow(message)
        elif isinstance(message, line_messages.AnswerOwed):
            now = self.runtime.clock.now()
            self._owed_since = now - message.for_ms / 1000 if message.is_owed else None
        elif isinstance(message, line_messages.CallerSilent):
            since = self.runtime.clock.now() - message.for_ms / 1000
            self._silent = (since, message.prompts) if message.is_silent else None
            self._ending.caller_stirred()
        elif isinstance(message, messages.AnswerEnded) and self._playout is not None:
            self._playout.answer_ended(message.turn, message.clauses)
            self._ending.answer_ended(message)
        self._watch()

    def from_engine(self, role: str, message: Message) -> None:
        if self._playout is None:
            self._early.append((role, message))
        elif isinstance(message, audio_messages.ClauseAudio):
            self._playout.clause_audio(role, message)
            self._report()
        elif isinstance(message, messages.AnswerEnded):
            self._answer_ended(message)
        elif isinstance(message, messages.Cancel):
            self._playout.cancel(message.turn)
            self._ending.over_before(message.turn + 1)
        self._watch()

    def engine_opened(self, link: Link, hello: Hello) -> None:
        """What was played while no voice was there, or one that is gone, was told to nobody else."""
        if self._playout is not None:
            link.send(self._playout.heard)

    def engine_closed(self, role: str, reason: str) -> None:
        self._early = [early for early in self._early if early[0] != role]
        if self._playout is not None:
            self._playout.discard_incomplete(role)

    def _start_playout(self, rate_hz: int, accepted: Accepted | None) -> None:
        """The line's rate is known: make the queue, and give it what came before.

        When it is another rate than before, the voices are made to connect anew, which brings what was not yet played.
        """
        if self._playout is not None:
            accepted = self._playout.played_at(rate_hz)
            for engine in list(self.engines.values()):
                engine.drop("the line's rate changed")
        self._playout = Playout(rate_hz, self._settings.queue_ms, self.line.send, self._settings.loudness_dbfs)
        if accepted is not None:
            self._playout.resume(accepted)
            self._await_same(self._playout)
        if self._held is not None:
            self._playout.follow(self._held.is_held, self._held.first_turn)
        if self._ending.answer is not None:
            self._playout.answer_ended(self._ending.answer.turn, self._ending.answer.clauses)
        early, self._early = self._early, []
        for role, message in early:
            self.from_engine(role, message)

    def _await_same(self, playout: Playout) -> None:
        """Voices come one after the other; that one may be last which began the clause in whose middle the call is."""
        playout.await_same()
        if self._awaiting_same is not None:
            self._awaiting_same.cancel()

        def no_longer() -> None:
            playout.await_same_no_longer()
            self._report()
            self._watch()

        at = self.runtime.clock.now() + self._settings.same_voice_ms / 1000
        self._awaiting_same = self.runtime.clock.call_at(at, no_longer)

    def _follow(self, playback: line_messages.Playback) -> None:
        """Hold, or go on after what the gateway counts as taken."""
        self._held = playback
        self._ending.over_before(playback.first_turn)
        self.line.send(playback)
        if self._playout is not None:
            if not playback.is_held:
                self._playout.go_on_after(_accepted(playback.accepted))
            self._playout.follow(playback.is_held, playback.first_turn)

    def _answer_ended(self, ended: messages.AnswerEnded) -> None:
        """A voice says where an answer ends; the gateway keeps it for the case that this process and the voice die."""
        if self._playout is not None:
            self._playout.answer_ended(ended.turn, ended.clauses)
        self._ending.answer_ended(ended)
        self.line.send(ended)

    def _report(self) -> None:
        """Tell the voices, and through them LLaMA, what is complete and what was heard."""
        if self._playout is not None and self.engines:
            for heard in self._playout.take_reports():
                for engine in self.engines.values():
                    engine.send(heard)

    def _watch(self) -> None:
        """Look whether the caller waits in silence, or says nothing; be woken when something is to be said about it."""
        if self._playout is None or self._is_giving_up:
            return
        now = self.runtime.clock.now()
        if self._playout.is_sounding:
            self._patience.sound(now)
            self._silence.sound(now)
        if not self._playout.is_stalled:
            self._stalled_since = None
        elif self._stalled_since is None:
            self._stalled_since = now
        owed_since = self._stalled_since if self._owed_since is None else self._owed_since
        self._patience.owed(owed_since)
        is_held = self._held is not None and self._held.is_held
        silent = self._silent if owed_since is None and not is_held else None
        self._silence.silent(*(silent or (None,)))
        ending = self._ending.reason(self._playout.heard_through) if silent is not None else ""
        due_at = min((at for at in (self._patience.due_at(), self._silence.due_at()) if at is not None), default=None)
        if self._timer is not None and (self._timer[0] != due_at or ending):
            self._timer[1].cancel()
            self._timer = None
        if ending:
            self._is_giving_up = True
            self._hang_up(ending)
        elif due_at is not None and self._timer is None:
            self._timer = (due_at, self.runtime.clock.call_at(due_at, self._lose_patience))

    def _lose_patience(self) -> None:
        self._timer = None
        now = self.runtime.clock.now()
        phrase = self._patience.take(now) or self._silence.take(now)
        if phrase is not None and self._playout is not None:
            why = "no answer yet" if phrase.is_about_an_answer else "the caller says nothing"
            self.runtime.log.info("%s: %s", why, phrase.name.lower(), extra={"call_id": self.call_id})
            samples = self._phrases.get(phrase)
            if samples is not None:
                rate_hz = self._playout.rate_hz
                sound = levelled(resample(samples, PHRASES_HZ, rate_hz), rate_hz, self._settings.loudness_dbfs)
                self._playout.say_phrase(phrase.value, to_pcm16(sound))
            if phrase is Phrase.FAREWELL:
                self._ending.farewell_said()
            elif phrase is Phrase.GOODBYE:
                self._is_giving_up = True
                self._hang_up(GIVEN_UP)
                return
        self._watch()

    def _hang_up(self, reason: str) -> None:
        """Ask the gateway to end the call, once the goodbye is queued there to its end."""
        if self._playout is not None and self._playout.is_in_phrase:
            queue_s = self._settings.queue_ms / 1000
            at = self.runtime.clock.now() + queue_s
            self._timer = (at, self.runtime.clock.call_at(at, lambda: self._hang_up(reason)))
        else:
            self._hang_up_reason = reason
            self.line.send(line_messages.HangUp(reason))


def _accepted(position: Position) -> Accepted | None:
    """The playout position in a WELCOME; None at the beginning."""
    if "sample" not in position:
        return None
    cursor = Cursor(position.get("turn", 0), position.get("clause", 0), position["sample"])
    return Accepted(cursor, position.get("rendering", 0), bool(position.get("ended", 0)))
