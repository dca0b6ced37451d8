"""Which call is meant: a number of `steadyline calls list`, a call id, or (the beginning of) a uuid."""

import re
import time
from datetime import datetime

from steadyline.calls.journal import JournalReader
from steadyline.calls.records import CallRecord
from steadyline.commands.calls_arguments import FORMS
from steadyline.errors import SteadylineError

MOST_DIGITS = 7
"""A longer row of digits is the beginning of a uuid."""
SHORTEST_PREFIX = 4
_ID = re.compile(r"call:([0-9]{1,7})")
_PREFIX = re.compile(r"[0-9a-f-]{1,36}")
_AGO = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(s|min|h|d)")
_UNITS_S = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


class CallsError(SteadylineError):
    """What was asked for cannot be done; says what can."""

    exit_code = 2


def chosen_call(journal: JournalReader, text: str) -> CallRecord:
    """The call that `text` means.

    Raises:
        CallsError: none, or several; or it is none of the three forms.
    """
    named = text.strip().lower()
    if named.isascii() and named.isdigit() and len(named) <= MOST_DIGITS:
        return _by_number(journal, int(named))
    call_id = _ID.fullmatch(named)
    if call_id:
        found = journal.find_call(call_id=int(call_id[1]))
        if found is None:
            raise CallsError(f"{named}: no call had this id")
        return found
    if not _PREFIX.fullmatch(named) or len(named) < SHORTEST_PREFIX:
        raise CallsError(f"{text!r:.50} names no call, expected {FORMS}")
    return _by_prefix(journal, named)


def _by_number(journal: JournalReader, number: int) -> CallRecord:
    found = journal.numbered_call(number) if number else None
    if found is None:
        count = journal.count_calls()
        known = f"there are {count} calls, 1 is the latest" if count else "there are no calls yet"
        raise CallsError(f"no call has number {number}: {known}; a call id is written call:{number}")
    return found


def _by_prefix(journal: JournalReader, prefix: str) -> CallRecord:
    found = journal.calls_beginning_with(prefix, 2)
    if not found:
        raise CallsError(f"no call's uuid begins with {prefix}")
    if len(found) > 1:
        raise CallsError(f"several calls' uuids begin with {prefix}: {', '.join(one.call_uuid for one in found)}, …")
    return found[0]


def since_when(text: str, now: float | None = None) -> float:
    """Unix seconds of "90min", "2h", "3d" (ago), or of a date or time as "2026-01-31" or "2026-01-31 12:00" (local).

    Raises:
        CallsError: it is none of these.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return (time.time() if now is None else now) - float(ago[1]) * _UNITS_S[ago[2]]
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise CallsError(f"--since {text!r:.40}: expected 90min, 2h, 3d, 2026-01-31 or 2026-01-31T12:00") from error
