"""One call in the TTS service: clauses in, rendered audio kept until outbound has all of it, connection 5."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from steadyline.clock import TimerHandle
from steadyline.config import Config
from steadyline.connections import STANDBY_OUTBOUND, TTS_OUTBOUND
from steadyline.link.dialer import Dialer, DialerEvents
from steadyline.link.link import Link
from steadyline.link.runtime import Runtime
from steadyline.services.call_renderer import CallRenderer
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import Synthesizer
from steadyline.services.fixed_renderings import FixedRenderings
from steadyline.services.rendering import by_clause, chunks
from steadyline.services.tasks import Tasks
from steadyline.wire import messages
from steadyline.wire.audio_messages import ClauseAudio
from steadyline.wire.messages import PROTOCOL_VERSION, Hello, Message, PipelineState, Welcome
from steadyline.wire.outbox import Outbox
from steadyline.wire.session import Closed

KEPT_AUDIO_S = 300.0
KEPT_CLAUSES = 500
FIRST_CONNECTION_S = 0.2


class TtsSession:
    """One call: clauses in, audio out. It `is_proven` when LLaMA has named it: a REGISTER alone proves no call."""

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        host: EngineHost[Synthesizer],
        fixed: FixedRenderings,
        call: tuple[int, str],
        on_end: Callable[["TtsSession"], None],
    ) -> None:
        self.call_id, self.call_uuid = call
        self.clauses, self.is_proven = 0, False
        self.complete: messages.Position = {}
        self.played: messages.Position = {}
        self._runtime = runtime
        self._config = config
        self._fixed = fixed
        self._on_end = on_end
        self._tasks = Tasks(runtime.log)
        self._renderer = CallRenderer(
            host, fixed, self._tasks, runtime.random, runtime.log, self.call_id, self._tell_rendered
        )
        self._llama: Link | None = None
        self._outbound: Dialer | None = None
        self._outbound_host = ""
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._given: Outbox[tuple[int, ...], Message] = Outbox(KEPT_CLAUSES)
        self._passed_over: tuple[int, int] = (-1, -1)
        self._round = 0
        self._newest = self._played = (-1, -1)
        self._cancelled_through = -1
        self._kept: Outbox[tuple[int, ...], Message] = Outbox(KEPT_AUDIO_S)
        self._rendered: dict[tuple[int, int], list[ClauseAudio]] = {}
        self._unheard_s: dict[tuple[int, int], float] = {}
        self._has_heard = asyncio.Event()
        self._knows_complete = asyncio.Event()
        self._giving_up: TimerHandle | None = None
        self._has_given_way = False

    @property
    def reaches_outbound(self) -> bool:
        """Connection 5 is open."""
        return self._outbound is not None and self._outbound.is_open

    def start(self) -> None:
        """Speak what comes."""
        self._tasks.start(self._speak_all(), "speak")

    def end(self, reason: str) -> None:
        """The call is over: BYE to both neighbours."""
        self._let_go()
        if self._outbound is not None:
            self._outbound.close(reason)
        if self._llama is not None:
            self._llama.end(reason)
        self._on_end(self)

    def abandon(self) -> None:
        """This process stops, the call goes on: no BYE."""
        self._let_go()
        if self._outbound is not None:
            self._outbound.abandon()

    def _let_go(self) -> None:
        self._tasks.cancel()
        if self._giving_up is not None:
            self._giving_up.cancel()

    def registered(self, outbound_host: str) -> None:
        """A REGISTER came: the call's outbound is ready there."""
        is_new = not self._outbound_host
        self._outbound_host = outbound_host
        if self._outbound is not None:
            self._outbound.nudge()
        elif self.clauses and not self._has_given_way:
            self._dial_outbound()
        if is_new:
            self.tell_state()
        self._update_linger()

    def registration_expired(self) -> None:
        """Outbound has not been heard of for a while."""
        self._outbound_host = ""
        self.tell_state()
        self._update_linger()

    def tell_state(self) -> None:
        """Tell LLaMA whether this call can be spoken to."""
        waiting_for = self._fixed.waiting_for or ("" if self._outbound_host else "outbound: not registered")
        if self._llama is not None:
            self._llama.send(PipelineState(not waiting_for, waiting_for))

    def llama_opened(self, link: Link) -> None:
        """Connection 4 is open."""
        self._llama, self.is_proven, self._has_given_way = link, True, False
        if self.clauses and self._outbound is None and self._outbound_host:
            self._dial_outbound()
        self._update_linger()
        self.tell_state()
        if self.played:
            # It may not know: what was heard while there was none is told to nobody else.
            link.send(messages.Heard(self.complete, self.played))

    def llama_lost(self, reason: str) -> None:
        """Connection 4 is gone; what was given is spoken all the same."""
        self._runtime.log.warning("llama lost: %s", reason, extra={"call_id": self.call_id})
        self._llama = None
        self._update_linger()

    def from_llama(self, message: Message) -> None:
        """A clause, the end of an answer, a cancellation, or what may become a clause."""
        if isinstance(message, messages.Clause):
            if self._take_new((message.turn, message.clause), message):
                self.clauses += 1
                if self._outbound is None and self._outbound_host:
                    self._dial_outbound()
        elif isinstance(message, messages.AnswerEnded):
            self._take_new((message.turn, message.clauses), message)
        elif isinstance(message, messages.Cancel):
            self._cancel(message)
        elif isinstance(message, messages.Prepare):
            self._renderer.prepare(message.text)

    def _tell_rendered(self, text: str) -> None:
        if self._llama is not None:
            self._llama.send(messages.Rendered(text))

    def _take_new(self, position: tuple[int, int], message: Message) -> bool:
        """Take what is new; False for what is known."""
        if position <= self._newest:
            return False
        self._newest = position
        self._given.put(position, message)
        self._queue.put_nowait(message)
        return True

    def _cancel(self, cancel: messages.Cancel) -> None:
        """What is left of a turn is neither rendered nor kept; it is over, so nothing of it is taken any more either."""
        end = (cancel.turn, 1 << 30)
        if end <= self._newest:
            return
        self._newest, self._cancelled_through = end, cancel.turn
        self._unheard_s = {clause: length for clause, length in self._unheard_s.items() if clause[0] > cancel.turn}
        self._has_heard.set()
        over = [message for message in self._given.after(None) if isinstance(message, messages.Clause)]
        self._renderer.forget({clause.text for clause in over if clause.turn <= cancel.turn})
        self._given.commit(end)
        self._kept.commit(end)
        self._deliver((*end, 0), cancel, 0)

    def _dial_outbound(self) -> None:
        port = self._config.outbound.audio_port_base + self.call_id
        self._outbound = Dialer(
            self._runtime,
            STANDBY_OUTBOUND if self._runtime.role == "standby" else TTS_OUTBOUND,
            self.call_id,
            (self._outbound_host, port),
            DialerEvents(self._hello, self._outbound_opened, self._from_outbound, lambda _: None, self._outbound_ended),
        )
        self._outbound.start()

    def _hello(self) -> Hello:
        connection, epoch = TTS_OUTBOUND.number, self._runtime.epoch
        return Hello(PROTOCOL_VERSION, connection, self._runtime.role, self.call_id, self.call_uuid, epoch)

    def _outbound_opened(self, welcome: Welcome) -> None:
        self._knows_complete.set()
        self.complete = welcome.committed
        self._heard(messages.Heard(welcome.committed, {}))
        assert self._outbound is not None
        known = welcome.committed
        held = (known.get("turn", 0), known["clause"]) if "clause" in known else (-1, -1)
        if self._passed_over > held and self._passed_over >= self._played:
            self._begin_again(held)
            return
        self._outbound.send_again(self._kept.after((*held, 1 << 30)))

    def _begin_again(self, held: tuple[int, int]) -> None:
        """A new outbound lacks what the former one had from another voice: give everything that was not played once more, and
        render what this voice has not rendered.
        """
        self._round += 1
        self._passed_over = (-1, -1)
        self._rendered = by_clause(self._kept.after((*held, 1 << 30)))
        self._kept = Outbox(KEPT_AUDIO_S)
        self._unheard_s.clear()
        while not self._queue.empty():
            self._queue.get_nowait()
        for message in self._given.after(held):
            self._queue.put_nowait(message)

    def _from_outbound(self, message: Message) -> None:
        if isinstance(message, messages.Heard):
            self._heard(message)

    def _outbound_ended(self, closed: Closed) -> None:
        self.end(closed.reason)

    def _heard(self, heard: messages.Heard) -> None:
        """Forget what outbound has as a whole, and pass the news up."""
        if "clause" in heard.complete:
            self.complete = heard.complete
        if "clause" in heard.played:
            self.played = heard.played
            played = self._played = max(self._played, (heard.played.get("turn", 0), heard.played["clause"]))
            self._unheard_s = {clause: length for clause, length in self._unheard_s.items() if clause > played}
            # The clause that is being played is kept: a new outbound plays the rest of it.
            self._kept.commit((*played, -1))
            self._given.commit((played[0], played[1] - 1))
            self._has_heard.set()
        if self._llama is not None:
            self._llama.send(heard)

    async def _speak_all(self) -> None:
        while True:
            message, begun_in = await self._queue.get(), self._round
            if isinstance(message, messages.Clause):
                await self._wait_to_know()
                await self._wait_for_playout()
                if self._round == begun_in:
                    await self._speak(message, begun_in)
            elif isinstance(message, messages.AnswerEnded) and message.turn > self._cancelled_through:
                self._deliver((message.turn, message.clauses, 0), message, 0)

    async def _speak(self, clause: messages.Clause, begun_in: int) -> None:
        """Render a clause and send it in chunks; one that outbound has already is passed over."""
        known = (self.complete.get("turn", 0), self.complete["clause"]) if "clause" in self.complete else (-1, -1)
        position = (clause.turn, clause.clause)
        if clause.turn <= self._cancelled_through or position < self._played:
            return
        if position <= known:
            self._passed_over = position
            return
        if position in self._rendered:
            self._send_audio(position, self._rendered.pop(position))
            return
        rendering = await self._renderer.render(clause.text)
        if clause.turn <= self._cancelled_through or self._round != begun_in:
            return
        self._send_audio(position, chunks(clause, rendering))
        if clause.clause == 0:
            self._runtime.metrics.turn_part("synthesis", rendering.took_s)
        text, took_ms = "clause %d.%d in %.0f ms", rendering.took_s * 1000
        self._runtime.log.debug(text, clause.turn, clause.clause, took_ms, extra={"call_id": self.call_id})

    async def _wait_to_know(self) -> None:
        """In a call that others have spoken in, outbound says on connection 5 which clauses it has: a moment saves rendering."""
        if self._outbound is not None and not self._knows_complete.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_CONNECTION_S):
                    await self._knows_complete.wait()

    async def _wait_for_playout(self) -> None:
        """Stay at most `tts.max_ahead_s` ahead of what the caller has heard, so that outbound's queue is bounded."""
        while sum(self._unheard_s.values()) > self._config.tts.max_ahead_s:
            self._has_heard.clear()
            await self._has_heard.wait()

    def _send_audio(self, position: tuple[int, int], audio: Iterable[ClauseAudio]) -> None:
        length_s = 0.0
        for chunk in audio:
            chunk_s = len(chunk.samples) / chunk.rate_hz
            length_s += chunk_s
            self._deliver((*position, chunk.chunk_id), chunk, chunk_s)
        if position > self._played:
            self._unheard_s[position] = length_s

    def _deliver(self, position: tuple[int, int, int], message: Message, size: float) -> None:
        """Keep until outbound has the whole clause, and send."""
        self._kept.put(position, message, size)
        if self._outbound is not None:
            self._outbound.send(message)

    def _update_linger(self) -> None:
        """Without LLaMA a session is of no use; after a while it gives way to one that has it."""
        if self._llama is not None and self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
        elif self._llama is None and self._giving_up is None:
            deadline = self._runtime.clock.now() + self._config.tts.linger_s
            self._giving_up = self._runtime.clock.call_at(deadline, self._give_up)

    def _give_up(self) -> None:
        self._giving_up = None
        if not self._outbound_host:
            self.end("nobody is left in this call")
        elif self._outbound is not None:
            # Outbound is there and calls on: for a voice that LLaMA has found, should this be the ghost of one.
            self._outbound.abandon()
            self._outbound, self._has_given_way = None, True
            self._knows_complete.clear()
