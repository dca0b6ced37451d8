"""Typing instead of speaking, as the gateway takes it: for which call, what becomes of it, what is told of it."""

from collections.abc import Iterable

from steadyline.config import Config
from steadyline.link.runtime import Runtime
from steadyline.services.call_journal import CallJournal
from steadyline.services.gateway_call import GatewayCall
from steadyline.services.journal_access import JournalAccess
from steadyline.services.typed_text import TypedTexts
from steadyline.text.typed_line import TypedLineError
from steadyline.wire.operator_messages import TypedLine, TypedReply


class TypedIntake:
    """A gateway's.

    Args:
        runtime, config: surroundings.
        journal: gets an event for each line, without its words: those are the turn's.
    """

    def __init__(self, runtime: Runtime, config: Config, journal: JournalAccess) -> None:
        self._runtime = runtime
        self._settings = config.gateway
        self._logs_text = config.log.heard_text
        self._journal = journal

    def new_call(self) -> TypedTexts:
        """What a new call has of it: nothing yet."""
        return TypedTexts(self._settings.typed_max_chars, self._settings.typed_per_minute)

    def take(self, line: TypedLine, calls: Iterable[GatewayCall]) -> TypedReply:
        """Give a line to its call."""
        call = next((call for call in calls if call.line.sip_call_id == line.sip_call_id), None)
        if call is None or not call.is_answered:
            return TypedReply(False, "there is no such call, or it is not answered yet")
        try:
            text, typed = call.typed(line.number, line.text)
        except TypedLineError as error:
            self._runtime.flood_log.warning("typed", f"a typed line is not taken: {error}", call_id=call.call_id)
            return TypedReply(False, str(error))
        if typed is not None:
            journal = CallJournal(self._journal, call.call_uuid, "gateway", self._runtime.clock)
            journal.event("typed", {"sample": typed.sample, "chars": len(text)})
            shown = repr(text) if self._logs_text else f"{len(text.split())} words"
            self._runtime.log.info("typed %s", shown, extra={"call_id": call.call_id})
        return TypedReply(True, text)
