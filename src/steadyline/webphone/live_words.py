"""What was understood and what is being said, from the journal, while the call lives."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steadyline.calls.database import JournalError
from steadyline.calls.reader import JournalReader, read_only
from steadyline.calls.records import CallRecord, TurnRecord

LOOK_S = 0.4


class LiveWords:
    """Reads one call in the journal again and again, and tells what is new.

    Args:
        path: the journal; it may not be there yet.
        sip_call_id: the call.
        tell: gets JSON objects: {"call_id": 66}, and {"turn": …} for each turn that is new or has changed.
    """

    def __init__(self, path: Path, sip_call_id: str, tell: Callable[[dict[str, Any]], None]) -> None:
        self._path = path
        self._sip_call_id = sip_call_id
        self._tell = tell
        self._reader: JournalReader | None = None
        self._told: dict[int, dict[str, Any]] = {}
        self._call_id = 0

    async def run(self) -> None:
        """Tell until cancelled; a journal that cannot be read shows nothing, and is tried again."""
        try:
            while True:
                found = await asyncio.to_thread(self._look)
                if found is not None:
                    self._tell_news(found)
                await asyncio.sleep(LOOK_S)
        finally:
            if self._reader is not None:
                self._reader.close()

    def _look(self) -> CallRecord | None:
        try:
            if self._reader is None:
                self._reader = read_only(self._path)
            return self._reader.find_call(sip_call_id=self._sip_call_id)
        except JournalError:
            return None

    def _tell_news(self, call: CallRecord) -> None:
        if call.call_id != self._call_id:
            self._call_id = call.call_id
            self._tell({"call_id": call.call_id})
        for record in call.turns:
            turn = shown_turn(record)
            if self._told.get(record.turn) != turn:
                self._told[record.turn] = turn
                self._tell({"turn": turn})


def shown_turn(record: TurnRecord) -> dict[str, Any]:
    """A turn as the page shows it: what the caller said, and each clause of the answer with how much of it was heard.

    `heard` is between 0 and 1; null where the length of the clause is not known.
    """
    clauses = [
        {
            "text": (clause.text or "").strip(),
            "heard": None if clause.heard_share is None else round(clause.heard_share, 2),
        }
        for clause in record.clauses
    ]
    return {"number": record.turn, "caller": record.caller_text or "", "clauses": clauses}
