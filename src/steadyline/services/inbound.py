"""Inbound: the caller's audio to 16 kHz, speech found and cut into utterances, handed to whisper (connection 1).

Keeps the speech that LLaMA has not committed, and sends it again to a whisper that comes back.
"""

from collections.abc import Callable
from typing import Any, Protocol

from steadyline.audio.clocked_resampler import CLOCK_HZ, ClockedResampler
from steadyline.audio.echo_guard import EchoGuard, EchoGuardSettings
from steadyline.audio.endpointing import Resumed, SoftEnd, SpeechEnded, SpeechStarted
from steadyline.audio.onset import FalseOnset, Onset
from steadyline.audio.segmenter import SegmentEvent, SpeechAudio, SpeechSegmenter, VoiceActivityDetector
from steadyline.audio.silence_gate import SilenceGate
from steadyline.config import Config
from steadyline.connections import GATEWAY_INBOUND, REGISTER_WHISPER, WHISPER_INBOUND
from steadyline.link.link import Link
from steadyline.link.runtime import Runtime
from steadyline.services.endpoint_settings import endpoint_settings
from steadyline.services.processor import NewCall, ProcessorCall, ProcessorPlace, ProcessorService
from steadyline.services.turn_ending import TurnEnding, load_turn_words
from steadyline.services.utterance_ends import KEPT_ENDS
from steadyline.text.backchannel import is_backchannel
from steadyline.wire import audio_messages, line_messages, messages
from steadyline.wire.messages import Hello, Message, PipelineState, Position, Welcome
from steadyline.wire.outbox import Outbox

KEPT_DIGITS = 100


class DetectorPool(Protocol):
    """Speech detectors to be used again: making one takes 55 ms."""

    def take(self) -> VoiceActivityDetector: ...

    def give_back(self, detector: Any) -> None: ...


class FreshDetectors:
    """A pool of detectors that cost nothing to make: each call gets a new one."""

    def __init__(self, make: Callable[[], VoiceActivityDetector]) -> None:
        self._make = make

    def take(self) -> VoiceActivityDetector:
        return self._make()

    def give_back(self, detector: Any) -> None:
        """Nothing is kept."""


def inbound_service(runtime: Runtime, config: Config, detectors: DetectorPool) -> ProcessorService:
    """The inbound audio processor.

    Raises:
        ConfigError: `inbound.turn_words` names no folder, or a file in it is not as it must be.
    """
    registrations = ((REGISTER_WHISPER, config.whisper.register_port),)
    place = ProcessorPlace(GATEWAY_INBOUND, WHISPER_INBOUND.number, config.inbound.audio_port_base, registrations)
    words = load_turn_words(config)

    def make_call(call: NewCall) -> InboundCall:
        return InboundCall(runtime, config, place, call, detectors, TurnEnding(config, words))

    return ProcessorService(runtime, config, place, make_call)


class InboundCall(ProcessorCall):
    """One caller's audio on its way to whisper."""

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        place: ProcessorPlace,
        call: NewCall,
        detectors: DetectorPool,
        turn: TurnEnding,
    ) -> None:
        super().__init__(runtime, config, place, call)
        self._turn = turn
        self._detectors = detectors
        self._vad = detectors.take()
        self._settings = config.inbound.silence_dbfs, endpoint_settings(config)
        self._prepares = config.inbound.prepare_after_ms > 0
        self._revision = 0
        self._barge_in = config.barge_in
        self._language = config.whisper.language
        self._onset = 0
        self._is_paused = self._is_nod = False
        self._echo_guard = EchoGuard(echo_settings(config)) if config.inbound.echo_guard else None
        self._segmenter = self._segmenter_from(0)
        self._caller, self._played = ClockedResampler(), ClockedResampler()
        self._kept_ticks = config.inbound.replay_s * CLOCK_HZ
        self._kept: Outbox[int, Message] = Outbox(self._kept_ticks)
        self._digits: Outbox[int, line_messages.Digit] = Outbox(KEPT_DIGITS)
        self._newest_digit = self._newest_typed = -1
        self._told: Outbox[int, line_messages.CallerSpeech] = Outbox(2 * KEPT_ENDS)
        self._committed: messages.Committed | None = None
        self._pipeline = PipelineState(False, "whisper: not connected")
        self._utterances = 0
        self._told_learned = ""

    def released(self) -> None:
        self._detectors.give_back(self._vad)
        # What is large goes now: the call is part of a ring of references, which the garbage collector finds later.
        self._echo_guard = None
        self._segmenter = self._segmenter_from(0)
        self._kept = Outbox(self._kept_ticks)
        self._caller, self._played = ClockedResampler(), ClockedResampler()

    def details(self) -> dict[str, Any]:
        return {"utterances": self._utterances, "kept_s": round(self._kept.size / CLOCK_HZ, 3)}

    def resume(self) -> Position:
        return {"sample": self._caller.input_end}

    def line_opened(self, welcome: Welcome) -> None:
        if not self._caller.input_end:
            # A new inbound cuts the same utterances as the former one did if its windows begin where that one's did.
            self._segmenter = self._segmenter_from(welcome.committed.get("sample", 0))
        self.line.send(self._pipeline)
        # What was said and what LLaMA took while the line was away: the gateway must know every end that whisper may know, and
        # that an answer which it has had meanwhile is owed no more.
        self.line.send_again(self._told.after(None))
        if self._committed is not None:
            self.line.send(self._committed)

    def from_line(self, message: Message) -> None:
        if isinstance(message, audio_messages.CallerAudio):
            self._hear(message)
        elif isinstance(message, line_messages.CallerSpeech):
            self._segmenter.end_at(message.sample)
        elif self._echo_guard is not None and isinstance(message, audio_messages.PlayedAudio):
            self._echo_guard.played(*self._played.process(message.samples, message.rate_hz, message.sample))
        elif self._echo_guard is not None and isinstance(message, line_messages.EchoLearned):
            self._echo_guard.restore(message.levels)
        elif isinstance(message, line_messages.Digit) and message.sample > self._newest_digit:
            self._newest_digit = message.sample
            self._digits.put(message.sample, message)
            self._send(message)
        elif isinstance(message, line_messages.TypedText) and message.sample > self._newest_typed:
            self._newest_typed = message.sample
            self._follow(self._segmenter.cut(message.sample))
            self._say(message.sample, message, 0)

    def engine_opened(self, link: Link, hello: Hello) -> None:
        link.send_again(self._digits.after(None))
        link.send_again(self._kept.after(hello.resume.get("sample")))

    def from_engine(self, role: str, message: Message) -> None:
        if isinstance(message, PipelineState):
            self._report(message)
        elif isinstance(message, messages.Hypothesis):
            self._take_words(message)
        elif isinstance(message, messages.Committed):
            self._kept.commit(message.sample)
            self._digits.commit(message.sample)
            self._told.commit(message.sample)
            self._committed = message
            self.line.send(message)

    def engine_closed(self, role: str, reason: str) -> None:
        if self._is_paused:
            self._segmenter.end_after(self._turn.silence_ms(are_words_coming=False))
        self._report(PipelineState(False, f"whisper: {reason}"))

    def _segmenter_from(self, sample: int) -> SpeechSegmenter:
        silence_dbfs, endpointing = self._settings
        return SpeechSegmenter(SilenceGate(self._vad, silence_dbfs), endpointing, sample, self._echo_guard)

    def _report(self, pipeline: PipelineState) -> None:
        self._pipeline = pipeline
        self.line.send(pipeline)

    def _hear(self, audio: audio_messages.CallerAudio) -> None:
        """Resample on the call's clock and cut into utterances."""
        self._follow(self._segmenter.push(*self._caller.process(audio.samples, audio.rate_hz, audio.sample)))

    def _follow(self, events: list[SegmentEvent]) -> None:
        """Pass on what was found in the caller's audio."""
        for event in events:
            self._turn.follow(event)
            if isinstance(event, Onset):
                self._onset = event.start
                self._interrupt(is_interrupting=True)
            elif isinstance(event, FalseOnset):
                self._interrupt(is_interrupting=False)
            elif isinstance(event, SpeechStarted):
                self._revision, self._is_paused, self._is_nod = 0, False, False
                self._tell(line_messages.CallerSpeech(True, event.start))
                self._say(event.start + 1, messages.SpeechStarted(event.start), 0)
            elif isinstance(event, SpeechAudio):
                end = event.start + len(event.samples)
                self._say(end, audio_messages.SpeechAudio(event.start, event.samples), len(event.samples))
            elif isinstance(event, SoftEnd) and self._prepares:
                self._revision, self._is_paused = self._revision + 1, True
                self._send(messages.SpeechEnded(event.start, event.at, self._revision, False))
                self._segmenter.end_after(self._turn.silence_ms(are_words_coming=bool(self.engines)))
            elif isinstance(event, Resumed) and self._prepares:
                self._is_paused = self._is_nod = False
                self._interrupt(is_interrupting=True)
                self.line.send(line_messages.CallerSpeech(True, event.start))
                self._send(messages.SpeechResumed(event.start, self._revision))
            elif isinstance(event, SpeechEnded):
                self._utterances += 1
                self._is_paused = False
                if self._is_nod:
                    self._interrupt(is_interrupting=False)
                self._tell(line_messages.CallerSpeech(False, event.end))
                self._tell_learned(event.end)
                self._say(event.end, messages.SpeechEnded(event.start, event.end, self._revision, True), 0)

    def _interrupt(self, *, is_interrupting: bool) -> None:
        """Let the agent pause, or go on."""
        if self._barge_in.enabled:
            self.line.send(line_messages.BargeIn(is_interrupting, self._onset))

    def _take_words(self, words: messages.Hypothesis) -> None:
        """Whisper's words of what was said through the pause that is going on. A "mhm" that ends with it lets the agent go on."""
        if self._is_paused and self._turn.is_of_pause(words, self._revision):
            self._is_nod = is_backchannel(words.text, self._language, self._barge_in.backchannels)
        silence_ms = self._turn.wait_ms(words, self._revision)
        if silence_ms is not None:
            self._segmenter.end_after(silence_ms)

    def _tell(self, speech: line_messages.CallerSpeech) -> None:
        """The gateway first: what whisper knows it must know, too."""
        self._told.put(speech.sample, speech)
        self.line.send(speech)

    def _tell_learned(self, end: int) -> None:
        """Let the gateway keep what is known of the echo, for an inbound that begins here."""
        if self._echo_guard is not None and self._echo_guard.learned != self._told_learned:
            self._told_learned = self._echo_guard.learned
            self.line.send(line_messages.EchoLearned(end, self._told_learned))

    def _say(self, position: int, message: Message, size: int) -> None:
        """Keep for a whisper that comes back, and send to the one that is there."""
        self._kept.put(position, message, size)
        self._send(message)

    def _send(self, message: Message) -> None:
        for whisper in self.engines.values():
            whisper.send(message)


def echo_settings(config: Config) -> EchoGuardSettings:
    """The echo guard's settings from the configuration."""
    inbound = config.inbound
    return EchoGuardSettings(inbound.echo_reach_ms, inbound.echo_loudest_db, inbound.echo_margin_db)
