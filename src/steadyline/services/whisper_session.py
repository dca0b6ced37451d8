"""One call in whisper: speech from inbound, turns to LLaMA, kept until they are committed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.endpointing import SAMPLE_RATE_HZ
from steadyline.config import Config
from steadyline.connections import WHISPER_INBOUND, WHISPER_LLAMA
from steadyline.errors import EngineError
from steadyline.link.dialer import Dialer, DialerEvents
from steadyline.link.runtime import Runtime
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import Recognizer
from steadyline.services.fair_queue import Order
from steadyline.services.long_speech import Heard, LongSpeech, Speech, Transcribing
from steadyline.services.tasks import Tasks
from steadyline.wire import audio_messages, line_messages, messages
from steadyline.wire.line_messages import TypedText
from steadyline.wire.messages import PROTOCOL_VERSION, Hello, Message, PipelineState, Turn, Welcome
from steadyline.wire.outbox import Outbox
from steadyline.wire.registration import Registration
from steadyline.wire.session import Closed

KEPT_TURNS = 100
KEPT_DIGITS = 100


@dataclass(frozen=True)
class _Draft:
    """The words of an utterance through a pause, which may turn out to be its end."""

    start: int
    end: int
    revision: int
    order: Order
    heard: Transcribing


@dataclass(frozen=True)
class _Utterance:
    """Speech that is over; and its draft, if only silence came since."""

    ended: messages.SpeechEnded
    speech: Speech
    draft: _Draft | None


@dataclass(frozen=True)
class WhisperSessionEvents:
    """Whom a session tells.

    Attributes:
        on_proven: inbound answered HELLO: there is such a call.
        on_end: the peer ended it, for this reason: inbound said BYE, or does not know the call.
    """

    on_proven: Callable[["WhisperSession"], None]
    on_end: Callable[["WhisperSession", str], None]


class WhisperSession:
    """One call: speech from inbound, turns to LLaMA."""

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        host: EngineHost[Recognizer],
        registration: Registration,
        inbound_host: str,
        is_machine_idle: Callable[[], bool],
        events: WhisperSessionEvents,
    ) -> None:
        self.registration = registration
        self.call_id = registration.call_id
        self.turns = 0
        self._runtime = runtime
        self._host = host
        self._events = events
        self._logs_text = config.log.heard_text
        self._tasks = Tasks(runtime.log)
        self._committed = 0
        self._is_committed_known = asyncio.Event()
        self._llama_state = PipelineState(False, "llama: not connected")
        self._answered_turn = 0
        self._kept: Outbox[int, Turn | TypedText] = Outbox(KEPT_TURNS)
        self._digits: Outbox[int, line_messages.Digit] = Outbox(KEPT_DIGITS)
        self._newest_digit = -1
        self._speech = LongSpeech(config.whisper.part_after_s, is_machine_idle, self._transcribe_part)
        self._transcribed_through = 0
        self._turned_through = 0
        self._utterances: asyncio.Queue[_Utterance | TypedText] = asyncio.Queue()
        self._draft: _Draft | None = None
        inbound_port = config.inbound.audio_port_base + self.call_id
        self._inbound = Dialer(
            runtime,
            WHISPER_INBOUND,
            self.call_id,
            (inbound_host, inbound_port),
            DialerEvents(
                self._inbound_hello,
                lambda _: self._inbound_opened(),
                self._from_inbound,
                self._inbound_lost,
                self._ended,
            ),
        )
        self._llama = Dialer(
            runtime,
            WHISPER_LLAMA,
            self.call_id,
            (config.network.host, config.llama.port),
            DialerEvents(self._llama_hello, self._llama_opened, self._from_llama, self._llama_lost, self._ended),
        )

    @property
    def hears_inbound(self) -> bool:
        """Connection 1 is open."""
        return self._inbound.is_open

    def start(self) -> None:
        """Dial inbound and wait for utterances. LLaMA is dialed when inbound has answered: a REGISTER alone proves no call."""
        self._inbound.start()
        self._tasks.start(self._transcribe_all(), "transcribe")

    def nudge(self) -> None:
        """A REGISTER came again: inbound waits."""
        self._inbound.nudge()
        self._llama.nudge()

    def end(self, reason: str) -> None:
        """The call is over: BYE to LLaMA."""
        self._tasks.cancel()
        self._inbound.close(reason)
        self._llama.close(reason)

    def abandon(self) -> None:
        """This process stops, the call goes on: no BYE."""
        self._tasks.cancel()
        self._inbound.abandon()
        self._llama.abandon()

    def tell_state(self) -> None:
        """Pass the state of everything behind inbound up to it."""
        waiting_for = self._host.waiting_for or self._llama_state.waiting_for
        self._inbound.send(PipelineState(not waiting_for, waiting_for))

    def _hello(self, connection: int, resume: dict[str, int]) -> Hello:
        epoch, uuid = self._runtime.epoch, self.registration.call_uuid
        return Hello(PROTOCOL_VERSION, connection, "whisper", self.call_id, uuid, epoch, resume)

    def _inbound_hello(self) -> Hello:
        return self._hello(WHISPER_INBOUND.number, {"sample": max(self._committed, self._transcribed_through)})

    def _llama_hello(self) -> Hello:
        return self._hello(WHISPER_LLAMA.number, {})

    def _inbound_opened(self) -> None:
        self._events.on_proven(self)
        self._llama.start()
        self.tell_state()
        self._inbound.send(messages.Committed(self._committed, self._answered_turn))

    def _inbound_lost(self, reason: str) -> None:
        self._speech.begin()
        self._drop_draft()

    def _llama_opened(self, welcome: Welcome) -> None:
        self._commit(welcome.committed.get("sample", 0), welcome.committed.get("turn", 0))
        self._is_committed_known.set()
        self._llama.send_again(self._digits.after(None))
        self._llama.send_again(self._kept.after(self._committed))

    def _llama_lost(self, reason: str) -> None:
        self._llama_state = PipelineState(False, f"llama: {reason}")
        self.tell_state()

    def _ended(self, closed: Closed) -> None:
        self._events.on_end(self, closed.reason)

    def _from_llama(self, message: Message) -> None:
        if isinstance(message, PipelineState):
            self._llama_state = message
            self.tell_state()
        elif isinstance(message, messages.Committed):
            self._commit(message.sample, message.turn)

    def _commit(self, sample: int, turn: int) -> None:
        self._committed, self._answered_turn = max(self._committed, sample), max(self._answered_turn, turn)
        self._kept.commit(self._committed)
        self._digits.commit(self._committed)
        self._inbound.send(messages.Committed(self._committed, self._answered_turn))

    def _from_inbound(self, message: Message) -> None:
        if isinstance(message, messages.SpeechStarted):
            self._speech.begin()
            self._drop_draft()
        elif isinstance(message, audio_messages.SpeechAudio):
            self._speech.add(message.samples)
        elif isinstance(message, messages.SpeechEnded) and message.final:
            speech, draft, self._draft = self._speech.through_here(), self._draft, None
            self._speech.begin()
            self._transcribed_through = max(self._transcribed_through, message.end)
            if draft is not None and (draft.start, draft.revision) == (message.start, message.revision):
                self._host.want(draft.order)
            else:
                draft = None
            self._utterances.put_nowait(_Utterance(message, speech, draft))
        elif isinstance(message, messages.SpeechEnded):
            self._begin_draft(message)
        elif isinstance(message, messages.SpeechResumed):
            self._drop_draft()
        elif isinstance(message, line_messages.Digit) and message.sample > self._newest_digit:
            self._newest_digit = message.sample
            self._digits.put(message.sample, message)
            self._llama.send(message)
        elif isinstance(message, TypedText):
            self._transcribed_through = max(self._transcribed_through, message.sample)
            # What was said before comes first, though it has still to be transcribed.
            self._utterances.put_nowait(message)

    def _transcribe_part(self, speech: NDArray[np.float32]) -> Transcribing:
        """The caller has spoken for long: transcribe what is surely said, when nothing else is to be done."""
        return self._tasks.start(self._transcribe(speech, Order(self.call_id)), "part")

    def _begin_draft(self, paused: messages.SpeechEnded) -> None:
        """The caller has paused: transcribe what there is, as soon as nothing else is to be done."""
        self._drop_draft()
        if paused.end > max(self._committed, self._turned_through):
            order = Order(self.call_id)
            heard = self._tasks.start(self._draft_words(paused, self._speech.through_here(), order), "draft")
            self._draft = _Draft(paused.start, paused.end, paused.revision, order, heard)

    def _drop_draft(self) -> None:
        """The caller went on: LLaMA need not prepare an answer any more."""
        draft, self._draft = self._draft, None
        if draft is not None:
            draft.heard.cancel()
            self._llama.send(Turn(draft.start, draft.end, draft.revision, False, "", "", 0.0))

    async def _draft_words(self, paused: messages.SpeechEnded, speech: Speech, order: Order) -> Heard | None:
        heard = await self._transcribe_rest(speech, order)
        is_wanted = self._draft is not None and self._draft.heard is asyncio.current_task()
        if is_wanted and heard is not None and heard.text.strip():
            self._inbound.send(messages.Hypothesis(paused.start, paused.revision, heard.text))
            self._llama.send(
                Turn(paused.start, paused.end, paused.revision, False, heard.text, heard.language, heard.took_ms)
            )
        return heard

    async def _transcribe_all(self) -> None:
        await self._is_committed_known.wait()
        while True:
            said = await self._utterances.get()
            end = said.sample if isinstance(said, TypedText) else said.ended.end
            # A new inbound sends again what is not committed, of which some may be waiting here already. Where it did not
            # learn of an end, it cuts elsewhere: what is known of this utterance is not to be said twice.
            known = max(self._committed, self._turned_through)
            if end > known:
                self._turned_through = end
                self._put(end, said if isinstance(said, TypedText) else await self._turn_of(said, known))

    async def _turn_of(self, utterance: _Utterance, known: int) -> Turn:
        """Transcribe what lies beyond the samples that are known."""
        ended, speech, draft = utterance.ended, utterance.speech, utterance.draft
        start = max(ended.start, known)
        if start != ended.start:
            speech, draft = Speech(speech.samples[-(ended.end - known) :]), None
        heard = await draft.heard if draft is not None else None
        heard = heard or await self._transcribe_rest(speech, self._host.order(self.call_id)) or Heard()
        self._tell_heard(heard, speech.samples.size / SAMPLE_RATE_HZ)
        return Turn(start, ended.end, ended.revision, True, heard.text, heard.language, heard.took_ms)

    def _tell_heard(self, heard: Heard, seconds: float) -> None:
        self._runtime.metrics.turn_part("transcription", heard.took_ms / 1000)
        shown = repr(heard.text) if self._logs_text else f"{len(heard.text.split())} words"
        text = "heard %s in %.1f s of speech, %.0f ms"
        self._runtime.log.info(text, shown, seconds, heard.took_ms, extra={"call_id": self.call_id})

    async def _transcribe_rest(self, speech: Speech, order: Order) -> Heard | None:
        """The words of all of it; None when the recogniser failed."""
        rest = await self._transcribe(speech.rest, order)
        return rest and speech.before.then(rest)

    async def _transcribe(self, speech: NDArray[np.float32], order: Order) -> Heard | None:
        """The words in float32 speech of 16 kHz; None when the recogniser failed."""
        started_at = self._runtime.clock.now()
        try:
            transcript = await self._host.run(lambda engine: engine.transcribe(speech), "transcribe", order)
        except EngineError as error:
            self._runtime.log.error("transcription failed: %s", error, extra={"call_id": self.call_id})
            return None
        took_ms = (self._runtime.clock.now() - started_at) * 1000
        return Heard(transcript.text, transcript.language, round(took_ms, 1))

    def _put(self, end: int, turn: Turn | TypedText) -> None:
        """Keep a turn until it is committed, and send it."""
        self.turns += 1
        self._kept.put(end, turn)
        self._llama.send(turn)
