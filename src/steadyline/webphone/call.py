"""One call: from the browser's offer to the end of both legs."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiortc.mediastreams import MediaStreamError

from steadyline.sip import SipCall
from steadyline.webphone import endings
from steadyline.webphone.browser_leg import BrowserLeg
from steadyline.webphone.typed_lines import Send, TypedLines
from steadyline.webphone.voice_to_line import VoiceToLine

CONNECT_TIMEOUT_S = 15.0
MAX_OTHER_CHARS = 200
"""What the page sends beside a typed line, and around it."""
CHARS_A_CHARACTER = 6
"""JSON writes a character as up to six."""
_DIGITS = frozenset("0123456789*#")


class WebphoneCall:
    """Joins a browser to a SIP call that it dials; whichever ends first ends the other.

    Args:
        dial: sends the INVITE.
        ring_timeout_s: how long it may ring.
        browser_lost_s: a browser that sends no sound for so long is gone.
        show_words: started when the call is answered, with it and with what tells the page; shows the words until cancelled.
        send_typed: puts what is typed to the gateway.
        typed_max_chars: longest line that may be typed; 0: none.
        log: gets lines about the call.

    Attributes:
        token: names the call to whoever made it, and to nobody else: it is what hangs up.
        state: "connecting", "ringing", "talking" or "ended".
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[SipCall]],
        *,
        ring_timeout_s: float,
        browser_lost_s: float,
        show_words: Callable[[SipCall, Callable[[dict[str, Any]], None]], Awaitable[None]],
        send_typed: Send,
        typed_max_chars: int,
        log: logging.Logger,
    ) -> None:
        self.token = secrets.token_urlsafe(16)
        self.state = "connecting"
        self._dial = dial
        self._ring_timeout_s = ring_timeout_s
        self._browser_lost_s = browser_lost_s
        self._show_words = show_words
        self._log = log
        self._browser = BrowserLeg(self._take_message, MAX_OTHER_CHARS + CHARS_A_CHARACTER * typed_max_chars)
        self._typed = TypedLines(send_typed, self._browser.tell)
        self._typed_max_chars = typed_max_chars
        self._dialing: asyncio.Task[SipCall] | None = None
        self._line: SipCall | None = None
        self._voice: VoiceToLine | None = None
        self._heard_at = asyncio.get_running_loop().time()
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._digits: set[asyncio.Task[None]] = set()

    async def answer(self, sdp: str) -> str:
        """Our answer to the browser's offer; `OfferError` when it has none, and there is no call then."""
        return await self._browser.answer(sdp)

    def end(self, why: str) -> None:
        """End both legs; the first reason counts, and the page shows it."""
        if not self._ended.done():
            self._ended.set_result(why)

    async def run(self) -> None:
        """Hold the call; returns when both legs are down."""
        works = (self._connect_and_talk(), self._carry_voice(), self._watch_browser())
        tasks = [asyncio.ensure_future(self._guarded(work)) for work in works]
        try:
            why = await self._ended
        except asyncio.CancelledError:
            why = endings.SHUTTING_DOWN
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.state = "ended"
        self._log.info("%s: %s", self.name, why)
        await self._hang_up_line()
        self._browser.tell({"state": "ended", "why": why})
        await self._browser.close()

    @property
    def name(self) -> str:
        """For log lines: the SIP Call-ID, by which the journal and the gateway know the call."""
        return f"browser call {self._line.sip_call_id}" if self._line else "browser call (not dialed)"

    def details(self) -> dict[str, Any]:
        """For `steadyline status`."""
        line = self._line
        return {
            "sip_call_id": line.sip_call_id if line else "",
            "state": self.state,
            "codec": line.codec if line else None,
            **(self._voice.figures() if self._voice else {}),
        }

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception:  # a fault of ours ends this call, with a trace, and no other
            self._log.exception("%s failed", self.name)
            self.end(endings.TROUBLE)

    async def _connect_and_talk(self) -> None:
        either = {self._browser.connected, self._browser.closed}
        done, _ = await asyncio.wait(either, timeout=CONNECT_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        if self._browser.connected not in done:
            return self.end(endings.NO_SOUND)
        self._become("ringing")
        self._dialing = asyncio.ensure_future(self._dial())
        try:
            line = self._line = await asyncio.shield(self._dialing)
            await line.wait_established(self._ring_timeout_s)
        except ConnectionError as error:
            return self.end(endings.not_answered(str(error)))
        self._browser.line.connect(line)
        self._voice = VoiceToLine(line)
        self._become("talking")
        self._browser.tell({"max_chars": self._typed_max_chars})
        self._log.info("%s is answered, codec %s", self.name, line.codec)
        beside = (self._show_words(line, self._browser.tell), self._typed.run(line.sip_call_id))
        tasks = [asyncio.ensure_future(self._guarded(work)) for work in beside]
        try:
            self.end(endings.far_end_ended(await asyncio.shield(line.closed)))
        finally:
            for task in tasks:
                task.cancel()

    async def _carry_voice(self) -> None:
        """Browser to line; read from the first moment on, or what came while it rang would delay all that comes after it."""
        voice = self._browser.voice
        assert voice is not None
        while True:
            try:
                frame: Any = await voice.recv()
            except MediaStreamError:
                return self.end(endings.BROWSER_GONE)
            self._heard_at = asyncio.get_running_loop().time()
            if self._voice is not None:
                self._voice.pass_on(frame)

    async def _watch_browser(self) -> None:
        """End the call of a browser that is gone without a word: a closed lid, a killed process."""
        await asyncio.shield(self._browser.connected)
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        while (left_s := self._heard_at + self._browser_lost_s - loop.time()) > 0:
            done, _ = await asyncio.wait({self._browser.closed}, timeout=left_s)
            if done:
                break
        self.end(endings.BROWSER_GONE)

    def _become(self, state: str) -> None:
        self.state = state
        self._browser.tell({"state": state})

    def _take_message(self, message: dict[str, Any]) -> None:
        if self._line is None or self.state != "talking":
            return
        digit, typed, line = (message.get(name) for name in ("digit", "typed", "line"))
        if isinstance(typed, str) and isinstance(line, int):
            self._typed.take(line, typed)
        elif isinstance(digit, str) and digit in _DIGITS:
            task = asyncio.ensure_future(self._line.send_digit(digit))
            self._digits.add(task)
            task.add_done_callback(self._digits.discard)

    async def _hang_up_line(self) -> None:
        if self._dialing is None:
            return
        # Whoever hangs up while the INVITE is being sent must not leave it ringing.
        with suppress(ConnectionError):
            await (await self._dialing).hangup()
