"""Gateway: the telephone's side. Takes calls from the line, gives each an id, tells the processors, answers when ready.

The one process whose death ends its calls, so it does little: no engine, no resampling, no decision about turns.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from steadyline.config import Config
from steadyline.connections import GATEWAY_INBOUND
from steadyline.link.acceptor import Acceptor, AcceptorEvents, Decision, Refusal
from steadyline.link.link import Link
from steadyline.link.runtime import Runtime
from steadyline.services.admission import Admission
from steadyline.services.call_ids import CallIds, NoCallIdError
from steadyline.services.gateway_call import GatewayCall
from steadyline.services.gateway_notes import GatewayNotes
from steadyline.services.journal_access import JournalAccess
from steadyline.services.line import Line, LineCall
from steadyline.services.tasks import Tasks
from steadyline.services.ticker import BUSY, NO_CALL, Ticker
from steadyline.services.typed_intake import TypedIntake
from steadyline.wire.line_messages import CallEnded, PortTaken
from steadyline.wire.messages import Hello, Message, Welcome
from steadyline.wire.operator_messages import TypedLine, TypedReply
from steadyline.wire.session import Closed, SessionState

PROCESSORS = frozenset({"inbound", "outbound"})
ANSWER_TIMEOUT_S = 10.0
LATE_MS = 40
"""By so much a tick may be late on a busy machine without a queue running dry."""


class GatewayService:
    """The gateway as a process.

    Args:
        runtime, config: surroundings.
        open_line: brings the line up; calls come in through the callback that it is given.
        journal: the record of calls.
        go_first: told whether this process may go before all others of the machine: few calls need little of it, and on
            time.
    """

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        open_line: Callable[[Callable[[LineCall], None]], Awaitable[Line]],
        journal: JournalAccess,
        go_first: Callable[[bool], None] = lambda is_wanted: None,
    ) -> None:
        self._runtime = runtime
        self._config = config
        self._open_line = open_line
        self._journal = journal
        self._go_first = go_first
        self._ids = CallIds(config.gateway.first_call_id, config.gateway.last_call_id, config.gateway.call_id_rest_s)
        self._calls: dict[str, GatewayCall] = {}
        self._controls: dict[str, Link] = {}
        self._tasks = Tasks(runtime.log)
        own = config.gateway
        frames_ms = {BUSY: own.frame_ms, "crowded": own.crowded_frame_ms, "quiet": own.quiet_frame_ms}
        self._ticker = Ticker(runtime.clock, frames_ms, self._tick_all)
        self._line: Line | None = None
        self._notes = GatewayNotes(runtime, journal)
        self._admission = Admission(runtime, config.gateway.max_calls)
        self._typing = TypedIntake(runtime, config, journal)
        self._acceptor = Acceptor(
            runtime,
            GATEWAY_INBOUND.number,
            PROCESSORS,
            AcceptorEvents(self._admit, self._opened, self._received, self._closed),
        )

    @property
    def state(self) -> str:
        missing = sorted(PROCESSORS - self._controls.keys())
        return f"waiting for {' and '.join(missing)}" if missing or self._line is None else "ready"

    @property
    def uri(self) -> str:
        """What to dial."""
        return self._line.uri if self._line else ""

    def calls(self) -> list[dict[str, Any]]:
        now, wall = self._runtime.clock.now(), self._runtime.clock.wall()
        return [{**call.details(), "started": wall - (now - call.started_at)} for call in self._calls.values()]

    def details(self) -> dict[str, Any]:
        """More for `steadyline status`."""
        return {
            "sip_uri": self.uri,
            "pbx_registration": self._line.registration_state if self._line else "off",
            **self._admission.details(),
        }

    async def start(self) -> None:
        self._go_first(True)
        await self._acceptor.listen((self._config.network.host, self._config.gateway.processor_port))
        self._line = await self._open_line(self._incoming)
        self._line.on_refused(self._admission.full)

    async def stop(self) -> None:
        for call in list(self._calls.values()):
            self._over(call, "the gateway is stopping")
        if self._line is not None:
            await self._line.close()
        self._ticker.stop()
        self._tasks.cancel()
        self._acceptor.close()
        await self._journal.close()

    def _incoming(self, line: LineCall) -> None:
        try:
            call_id = self._ids.take(self._runtime.clock.now())
        except NoCallIdError as error:
            self._runtime.log.error("a call is refused: %s", error)
            self._admission.refused("no_id")
            self._tasks.start(line.reject(), "reject")
            return
        call = GatewayCall(line, call_id, self._runtime.clock.now, self._config.barge_in, self._typing.new_call())
        self._calls[call.call_uuid] = call
        self._admission.now(len(self._calls))
        self._runtime.log.info("call from %s", line.peer, extra={"call_id": call.call_id})
        line.on_digit(call.digit)
        call.on_first_audio = lambda turn, waited_s: self._notes.first_audio(call, turn, waited_s)
        call.on_phrase = lambda phrase, waited_s: self._notes.phrase(call, phrase, waited_s)
        call.on_hang_up = lambda reason: self._hang_up(call, reason)
        line.closed.add_done_callback(lambda closed: self._over(call, closed.result()))
        for link in self._controls.values():
            link.send(call.started())
        call.serving = self._tasks.start(self._serve(call), "serve call")

    async def _serve(self, call: GatewayCall) -> None:
        """Ring until the pipeline is ready, answer, and watch the longest duration."""
        ready = asyncio.Event()
        call.on_ready = lambda: ready.set() if not call.waiting_for else None
        gateway = self._config.gateway
        try:
            async with asyncio.timeout(gateway.ring_timeout_s):
                await ready.wait()
        except TimeoutError:
            self._refuse(call, f"not ready within {gateway.ring_timeout_s:g} s: {call.waiting_for}")
            return
        ready_ms = self._notes.ready(call)
        try:
            await call.line.answer()
            await call.line.wait_established(ANSWER_TIMEOUT_S)
        except (ConnectionError, TimeoutError) as error:
            self._hang_up(call, f"not established: {error or 'no answer to 200 OK'}")
            return
        self._answered(call, ready_ms)
        await self._notes.late_codec(call)
        await self._runtime.clock.sleep(gateway.max_call_s)
        self._hang_up(call, "longest duration reached")

    def _refuse(self, call: GatewayCall, reason: str) -> None:
        self._runtime.log.error("a call is refused: %s", reason, extra={"call_id": call.call_id})
        self._admission.refused("not_ready")
        self._over(call, reason)
        self._tasks.start(call.line.reject(), "reject")

    def _hang_up(self, call: GatewayCall, reason: str) -> None:
        self._over(call, reason)
        self._tasks.start(call.line.hangup(), "hang up")

    def _answered(self, call: GatewayCall, ready_ms: float) -> None:
        call.answered(self._runtime.recorder.call(call.call_uuid, call.call_id))
        self._ticker.wake()
        self._notes.answered(call, ready_ms)
        self._runtime.log.info(
            "answered with %s, ready after %.1f ms", call.line.codec, ready_ms, extra={"call_id": call.call_id}
        )

    def type_line(self, line: TypedLine) -> TypedReply:
        """A caller typed something instead of saying it."""
        self._ticker.wake()
        return self._typing.take(line, self._calls.values())

    def _over(self, call: GatewayCall, reason: str) -> None:
        """The call is over, for whatever reason: tell everybody, once."""
        if call.is_over:
            return
        call.is_over = True
        del self._calls[call.call_uuid]
        self._admission.now(len(self._calls))
        for link in (call.inbound, call.outbound):
            if link is not None:
                link.end(reason)
        call.let_go()
        for link in self._controls.values():
            link.send(CallEnded(call.call_id, call.call_uuid, reason))
        self._ids.give_back(call.call_id, self._runtime.clock.now())
        self._acceptor.forget(call.call_uuid)
        self._runtime.recorder.ended(call.call_uuid, call.call_id, reason)
        self._notes.ended(call, reason)
        self._runtime.log.info("call ended: %s", reason, extra={"call_id": call.call_id})

    def _tick_all(self) -> str:
        """One frame of every answered call; says what there was to do, for the ticker."""
        answered = [call for call in self._calls.values() if call.is_answered]
        is_crowded = len(answered) >= self._config.gateway.crowded_calls
        self._go_first(not is_crowded)
        for call in answered:
            self._tick(call, self._config.gateway.crowded_frame_ms + LATE_MS if is_crowded else None)
        if not answered:
            return NO_CALL
        if all(call.is_quiet for call in answered):
            return "quiet"
        return "crowded" if is_crowded else BUSY

    def _tick(self, call: GatewayCall, enough_ms: int | None) -> None:
        """One frame of one call; a line that fails ends its own call only."""
        try:
            call.tick(enough_ms)
        except Exception:
            self._runtime.log.exception("the line of a call failed", extra={"call_id": call.call_id})
            self._hang_up(call, "the line failed")

    def _admit(self, hello: Hello) -> Decision:
        if hello.call_id == 0 and not hello.call_uuid:
            return Welcome("gateway", self._runtime.epoch)
        call = self._calls.get(hello.call_uuid)
        if call is None or call.call_id != hello.call_id:
            return Refusal("unknown-call", f"call {hello.call_id} is not one of this gateway's calls")
        return Welcome("gateway", self._runtime.epoch, call.committed(hello.role))

    def _opened(self, link: Link, hello: Hello) -> None:
        call = self._calls.get(hello.call_uuid)
        if call is not None:
            call.connected(hello.role, link, hello.resume)
            if call.inbound is not None and call.outbound is not None:
                self._notes.started(call)
            return
        self._controls[hello.role] = link
        self._runtime.log.info("%s is connected", hello.role)
        for live in self._calls.values():
            link.send(live.started())

    def _received(self, link: Link, message: Message) -> None:
        if link.hello is None:
            return
        call = self._calls.get(link.hello.call_uuid)
        if call is not None:
            call.from_processor(message)
            if call.is_answered and not call.is_quiet:
                self._ticker.wake()
        elif isinstance(message, PortTaken):
            self._port_taken(link, message)

    def _closed(self, link: Link, closed: Closed) -> None:
        if link.hello is None:
            return
        call = self._calls.get(link.hello.call_uuid)
        if call is not None and call.disconnected(link, closed.reason):
            if closed.state is SessionState.ENDED:
                self._hang_up(call, f"{link.hello.role} ended it: {closed.reason}")
                return
            extra = {"call_id": call.call_id}
            self._runtime.log.warning("%s lost: %s", link.hello.role, closed.reason, extra=extra)
        elif self._controls.get(link.hello.role) is link:
            del self._controls[link.hello.role]
            self._runtime.log.warning("%s is gone: %s", link.hello.role, closed.reason)

    def _port_taken(self, link: Link, taken: PortTaken) -> None:
        """Give the call another id, unless the other processor asked for it already."""
        call = self._calls.get(taken.call_uuid)
        if call is None:
            # It has another id, or is over, and this one was not told: the connection was lost.
            link.send(CallEnded(taken.call_id, taken.call_uuid, "no such call"))
            return
        if call.call_id != taken.call_id or call.is_answered:
            return
        now, former_id = self._runtime.clock.now(), call.call_id
        try:
            new_id = self._ids.take(now)
        except NoCallIdError as error:
            self._refuse(call, str(error))
            return
        self._ids.give_back(former_id, now)
        for link in self._controls.values():
            link.send(CallEnded(former_id, call.call_uuid, f"port {taken.port} is taken"))
        del self._calls[call.call_uuid]
        self._acceptor.forget(call.call_uuid)
        call.begin_anew(new_id)
        self._calls[call.call_uuid] = call
        for link in self._controls.values():
            link.send(call.started())
