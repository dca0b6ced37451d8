"""What a service writes about one call. Whatever is written has the time at which the service said so, whenever it is written."""

from steadyline.calls.records import TurnRecord
from steadyline.clock import Clock
from steadyline.services.journal_access import JournalAccess
from steadyline.wire.messages import Turn

Detail = dict[str, object]


class CallJournal:
    """One call's part of the journal, for one service. What is awaited is written before it is acted upon; the rest follows.

    Args:
        access: the service's way to the journal.
        call_uuid: the call.
        service: whose events they are.
        clock: tells Unix seconds.
    """

    def __init__(self, access: JournalAccess, call_uuid: str, service: str, clock: Clock) -> None:
        self._access = access
        self._uuid = call_uuid
        self._service = service
        self._clock = clock

    def started(self, call_id: int, sip_call_id: str, peer: str, codec: str, at: float) -> None:
        """The call came in, `at` Unix seconds."""
        self._access.note(lambda journal: journal.call_started(self._uuid, call_id, sip_call_id, peer, codec, at))

    def answered(self, codec: str, at: float | None = None) -> None:
        """It was answered, `at` Unix seconds or now; told again when the codec is known later."""
        answered_at = self._clock.wall() if at is None else at
        self._access.note(lambda journal: journal.call_answered(self._uuid, answered_at, codec))

    def ended(self, reason: str) -> None:
        """It is over."""
        at = self._clock.wall()
        self._access.note(lambda journal: journal.call_ended(self._uuid, at, reason))

    def event(self, kind: str, detail: Detail) -> None:
        """Something happened; `detail` becomes JSON."""
        at = self._clock.wall()
        self._access.note(lambda journal: journal.event(self._uuid, self._service, kind, detail, at))

    def timing(self, turn: int, name: str, took_ms: float) -> None:
        """How long a part of a turn took."""
        self._access.note(lambda journal: journal.turn_timing(self._uuid, turn, name, took_ms))

    def digit_pressed(self, digit: str, duration_ms: int, sample: int) -> None:
        """A key was pressed, at this sample of what the caller said (16 kHz)."""
        at, detail = self._clock.wall(), {"digit": digit, "duration_ms": duration_ms, "sample": sample}
        self._access.note(lambda journal: journal.digit_pressed(self._uuid, detail, at))

    def clause_heard(self, turn: int, clause: int, sample: int, of: int | None) -> None:
        """So many samples of a clause were heard, of so many in all, if that is known."""
        self._access.note(
            lambda journal: journal.clause_heard(self._uuid, turn, clause, sample, of),
            replaces=(self._uuid, turn, clause),
        )

    def interrupted(self, turn: int, clauses: int) -> None:
        """No more than these clauses of an answer will ever be."""
        at = self._clock.wall()
        self._access.note(lambda journal: journal.answer_finished(self._uuid, turn, clauses, at))

    async def committed_through(self) -> int:
        """The sample (16 kHz) up to which what the caller said is in the journal; 0 when it cannot be read."""
        return await self._access.ask(lambda journal: journal.committed_through(self._uuid), 0)

    async def turns(self) -> tuple[TurnRecord, ...]:
        """All turns of the call; none when it cannot be read."""
        nothing: tuple[TurnRecord, ...] = ()
        return await self._access.ask(lambda journal: journal.turns(self._uuid), nothing)

    async def turn_heard(self, number: int, turn: Turn, text: str) -> bool:
        """The caller said this, without its blanks; False when these samples are committed already: it came a second time."""
        at = self._clock.wall()
        return await self._access.write(
            lambda journal: journal.turn_heard(self._uuid, number, turn.start, turn.end, text, turn.language, at), True
        )

    async def clause_written(self, turn: int, clause: int, text: str) -> None:
        """A clause of an answer exists."""
        at = self._clock.wall()
        await self._access.write(lambda journal: journal.clause_written(self._uuid, turn, clause, text, at), None)

    async def answer_finished(self, turn: int, clauses: int, *, ends_call: bool) -> None:
        """An answer has so many clauses, and no more; the call ends after it, or does not."""
        at = self._clock.wall()
        await self._access.write(
            lambda journal: journal.answer_finished(self._uuid, turn, clauses, at, ends_call=ends_call), None
        )
