"""The dialing side of connections: finds the peer, keeps the link, heals it until the call ends.

The cadence is `steadyline.retry.RetryPolicy`, the log lines are the connection's own (`steadyline.connections`).
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from steadyline.connections import Connection
from steadyline.link.link import Link, LinkEvents
from steadyline.link.network import Address
from steadyline.link.runtime import Runtime
from steadyline.wire.messages import Hello, Message, Welcome
from steadyline.wire.session import Closed, SessionState

FATAL_REFUSALS = frozenset({"unknown-call", "version", "wrong-connection", "wrong-role"})
"""Refusals that trying again cannot mend. A ghost may be a new process after the wall clock was set back: it tries on."""
STABLE_AFTER_S = 1.0
"""A link that lasted shorter is not dialed again at once but after the first delay, lest two broken peers spin."""
NUDGED_AFTER_S = 0.05
"""A sign of life brings the next attempt on, but not nearer to the last one than this: signs may come in floods."""


@dataclass(frozen=True)
class DialerEvents:
    """Whom a dialer tells; called on the event loop.

    Attributes:
        hello: makes the HELLO of the next attempt (its resume position is of that moment).
        on_open: HELLO was answered.
        on_message: a message came.
        on_lost: the link is gone and is being dialed again.
        on_ended: the peer said BYE or refused for good; nothing more will happen.
    """

    hello: Callable[[], Hello]
    on_open: Callable[[Welcome], None]
    on_message: Callable[[Message], None]
    on_lost: Callable[[str], None]
    on_ended: Callable[[Closed], None]


class Dialer:
    """One connection that is dialed and kept.

    Attributes:
        last_code: why the newest attempt failed, as docs/wire-protocol.md lists reasons; "" while open.

    Args:
        runtime: surroundings.
        connection: which one, for logs and status.
        call_id: the call; 0 for a control connection.
        address: where the peer listens.
        events: whom to tell.
    """

    def __init__(
        self, runtime: Runtime, connection: Connection, call_id: int, address: Address, events: DialerEvents
    ) -> None:
        self._runtime = runtime
        self._connection = connection
        self._call_id = call_id
        self._address = address
        self._events = events
        self._link: Link | None = None
        self._closed: asyncio.Future[Closed] | None = None
        self._nudged = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.last_code = ""
        self.status = runtime.board.add(connection, call_id)

    def __repr__(self) -> str:
        return f"<Dialer {self._connection.name} call={self._call_id} {self.status.state}>"

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent now."""
        return self._link is not None and self._link.is_open

    def start(self) -> None:
        """Begin to dial; nothing when that was done already."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep(), name=f"dial {self._connection.name}")

    def nudge(self) -> None:
        """A sign of life from the peer: try now instead of waiting for the next attempt."""
        if not self.is_open:
            self._nudged.set()

    def send(self, message: Message) -> bool:
        """Send now; False when the connection is not open."""
        return self._link is not None and self._link.send(message)

    def send_again(self, messages: Iterable[Message]) -> None:
        """Send what was kept because the peer may lack it; to be called when the connection is opened."""
        if self._link is not None:
            self._link.send_again(messages)

    def close(self, reason: str) -> None:
        """The call is over: say BYE where there is somebody to hear it, stop dialing, tell nobody."""
        link = self._let_go()
        if link is not None:
            link.end(reason)

    def abandon(self) -> None:
        """This process stops, the call goes on: close without BYE, stop dialing, tell nobody."""
        link = self._let_go()
        if link is not None:
            link.drop("this service is stopping")

    def _let_go(self) -> Link | None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        link, self._link, self._closed = self._link, None, None
        self._runtime.board.remove(self.status)
        return link

    async def _keep(self) -> None:
        while True:
            closed = await self._establish()
            if closed is None:
                closed = await self._until_closed()
            if closed.state is SessionState.ENDED or closed.code in FATAL_REFUSALS:
                self.status.over(closed.state.value, closed.reason)
                self._events.on_ended(closed)
                return

    async def _establish(self) -> Closed | None:
        """Dial until HELLO is answered (None), or refused for good."""
        retry = self._runtime.retry
        backoff = retry.backoff(self._runtime.random)
        attempt = 0
        self.status.begin()
        while True:
            attempt += 1
            self.status.attempted()
            begun_at = self._runtime.clock.now()
            error = await self._attempt()
            if error is None:
                self._log_success(attempt)
                return None
            self.last_code = error.code
            self.status.failed(error.reason)
            if error.code in FATAL_REFUSALS:
                return error
            delay_s = retry.delay_after(attempt) if attempt < retry.attempts else next(backoff)
            self._log_failure(attempt, delay_s)
            await self._pause(delay_s)
            too_soon_s = begun_at + min(delay_s, NUDGED_AFTER_S) - self._runtime.clock.now()
            if too_soon_s > 0:
                await self._runtime.clock.sleep(too_soon_s)

    async def _attempt(self) -> Closed | None:
        """One attempt: TCP, HELLO, its answer. None when open, else what went wrong."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Closed | None] = loop.create_future()
        closed: asyncio.Future[Closed] = loop.create_future()

        def on_open(link: Link, welcome: Welcome) -> None:
            self._closed = closed
            outcome.set_result(None)
            self._opened(link, welcome)

        def on_closed(_: Link, how: Closed) -> None:
            if not outcome.done():
                outcome.set_result(how)
            if not closed.done():
                closed.set_result(how)

        events = LinkEvents(
            on_message=lambda _, message: self._events.on_message(message), on_closed=on_closed, on_open=on_open
        )
        runtime = self._runtime
        hello = self._events.hello()
        link = self._link = Link(runtime.clock, runtime.times, events, runtime.seal, self._address[1], hello)
        self.status.recording = runtime.recorder.call(hello.call_uuid, hello.call_id)
        try:
            async with asyncio.timeout(runtime.times.hello_timeout_s):
                await runtime.network.connect(self._address, link)
            return await outcome
        except TimeoutError:
            return Closed(SessionState.LOST, "connect-timeout", "connection was not accepted in time")
        except OSError as error:
            return Closed(SessionState.LOST, "connect-failed", error.strerror or str(error))
        finally:
            if not outcome.done() or outcome.cancelled() or outcome.result() is not None:
                link.drop("attempt given up")

    def _opened(self, link: Link, welcome: Welcome) -> None:
        """Runs inside the network's callback, before any message that follows the WELCOME is delivered."""
        self.last_code = ""
        if self.status.recording is not None:
            link.record(self.status.recording.link(self._connection.number, self._connection.listener, "dials"))
        self.status.opened(link)
        self._nudged.clear()
        self._events.on_open(welcome)
        self.status.resent(link.frames_sent_again)

    def _log_success(self, attempt: int) -> None:
        if self._call_id or self._connection.number != 0:
            text = self._connection.connected_text
            self._runtime.log.info(
                text.format(call_id=self._call_id, port=self._address[1], attempt=attempt),
                extra={"call_id": self._call_id},
            )

    async def _until_closed(self) -> Closed:
        assert self._closed is not None and self._link is not None
        opened_at = self._runtime.clock.now()
        closed = await self._closed
        self._link = None
        if closed.state is not SessionState.ENDED:
            self.status.lost(closed.reason)
            self._runtime.log.warning(
                "%s lost for call %d: %s",
                self._connection.name,
                self._call_id,
                closed.reason,
                extra={"call_id": self._call_id},
            )
            self._events.on_lost(closed.reason)
            if self._runtime.clock.now() - opened_at < STABLE_AFTER_S:
                await self._pause(self._runtime.retry.fast_delay_s)
        return closed

    def _log_failure(self, attempt: int, delay_s: float) -> None:
        retry, names = self._runtime.retry, {"call_id": self._call_id, "attempts": self._runtime.retry.attempts}
        if retry.is_logged(attempt):
            delay_ms = round(delay_s * 1000)
            text = self._connection.retry_text.format(attempt=attempt, delay_ms=delay_ms, **names)
            self._log(logging.WARNING, f"attempt {attempt}", text)
        elif attempt == retry.attempts:
            self._log(logging.ERROR, "failed", self._connection.failed_text.format(**names))

    def _log(self, level: int, what: str, text: str) -> None:
        """A line about a connection that was open is always written; that of one which never was may be an invention's."""
        if self.status.established_ms is None:
            kind = f"{self._connection.name} {what}"
            self._runtime.flood_log.log(level, kind, "%s", text, call_id=self._call_id)
        else:
            self._runtime.log.log(level, text, extra={"call_id": self._call_id})

    async def _pause(self, delay_s: float) -> None:
        """Wait, or less when the peer gives a sign of life."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._nudged.wait()
        self._nudged.clear()
