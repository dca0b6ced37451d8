"""The SIP messages of each call, read from the stack's trace, without the secrets in them."""

import asyncio
import contextlib
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from steadyline.sip.redaction import redacted

OnMessage = Callable[[float, bool, str], None]
"""Is told of a message: Unix time in seconds, whether we sent it, its text as `redacted` leaves it."""

MAX_MESSAGES = 200
"""Of one call: a peer that never ends fills no disk. A call has some ten, and two a re-INVITE or keep-alive."""
MAX_UNASKED = 20
"""Messages kept of a call that nobody has asked for yet."""
MAX_UNASKED_CALLS = 64
"""Of more the oldest are forgotten, which are those that were turned away."""
LINGER_S = 5.0
"""A call's last messages come after its end: the answer to a BYE, and what is sent again (RFC 3261, 17.1.2.2, T4)."""

_WAY = re.compile(r"(TX|RX) [^\n]*\n")
"""What the stack writes above a message."""
_CALL_ID = re.compile(r"^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_INVITE = re.compile(r"^CSeq[ \t]*:[ \t]*\d+[ \t]+INVITE\b", re.IGNORECASE | re.MULTILINE)


@dataclass(eq=False)
class _Call:
    """Messages of a call that nobody has asked for, who has, and how many there were."""

    kept: list[tuple[float, bool, str]] = field(default_factory=list)
    on_message: OnMessage | None = None
    count: int = 0


class Signalling(logging.Handler):
    """Listens to the trace, on the stack's thread; calls back on the event loop on which it was made.

    A call begins with its INVITE; messages of no call (REGISTER, OPTIONS) are not kept.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._loop = asyncio.get_running_loop()
        self._asked: dict[str, _Call] = {}
        self._unasked: dict[str, _Call] = {}
        self._calls_lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Signalling {len(self._asked)} calls, {len(self._unasked)} that nobody has asked for>"

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        way, call_id = _WAY.match(message), _CALL_ID.search(message)
        if way is None or call_id is None:
            return
        with self._calls_lock:
            call = self._asked.get(call_id[1]) or self._unasked.get(call_id[1])
            if call is None and _INVITE.search(message):
                call = self._begun(call_id[1])
            if call is None or call.count >= (MAX_UNASKED if call.on_message is None else MAX_MESSAGES):
                return
            call.count += 1
            told = (record.created, way[1] == "TX", redacted(message[way.end() :].rstrip()))
            if call.on_message is None:
                call.kept.append(told)
            else:
                self._tell(call.on_message, told)

    def _begun(self, sip_call_id: str) -> _Call:
        if len(self._unasked) >= MAX_UNASKED_CALLS:
            del self._unasked[next(iter(self._unasked))]
        call = self._unasked[sip_call_id] = _Call()
        return call

    def _tell(self, on_message: OnMessage, told: tuple[float, bool, str]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(on_message, *told)

    def tell(self, sip_call_id: str, on_message: OnMessage) -> None:
        """Call back with each message of a call, those that were there before to begin with."""
        with self._calls_lock:
            call = self._asked[sip_call_id] = self._unasked.pop(sip_call_id, _Call())
            call.on_message, kept, call.kept = on_message, call.kept, []
            for told in kept:
                self._tell(on_message, told)

    def forget(self, sip_call_id: str) -> None:
        """The call is over; what comes within `LINGER_S` is told yet."""
        self._loop.call_later(LINGER_S, self._drop, sip_call_id)

    def _drop(self, sip_call_id: str) -> None:
        with self._calls_lock:
            self._asked.pop(sip_call_id, None)
            self._unasked.pop(sip_call_id, None)
