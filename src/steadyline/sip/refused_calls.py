"""Callers whom the stack itself turned away because all its calls are taken, read from its SIP trace.

It answers them 486 at once, on its own thread, without a ring and without an event. Its words tell that answer from a 486 that
we gave to a call that rang ("Busy Here").
"""

import logging
import re
from collections.abc import Callable

from steadyline.sip.far_end import shown

_REFUSED = re.compile(r"^SIP/2\.0 486 Max Calls\s*$", re.MULTILINE)
_CALL_ID = re.compile(r"^(?:Call-ID|i)\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_FROM = re.compile(r"^(?:From|f)\s*:.*?<?(sips?:[^>;\s]+)", re.IGNORECASE | re.MULTILINE)
_REMEMBERED = 1000
"""Calls whose answer may be sent again, until the caller's ACK: for 32 s (RFC 3261, 17.2.1, timer H)."""


class RefusedCalls(logging.Handler):
    """Listens to the trace.

    Args:
        tell: called once for each caller who was turned away, with their SIP address; on the thread of the trace.
    """

    def __init__(self, tell: Callable[[str], object]) -> None:
        super().__init__(logging.DEBUG)
        self._tell = tell
        self._known: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if _REFUSED.search(message) is None:
            return
        call_id, caller = _CALL_ID.search(message), _FROM.search(message)
        if call_id is None or call_id[1] in self._known:
            return
        self._known[call_id[1]] = None
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        self._tell(shown(caller[1]) if caller else "")
