"""What the gateway writes down of its calls: in the journal, and in its metrics."""

from steadyline.link.runtime import Runtime
from steadyline.services.call_journal import CallJournal
from steadyline.services.gateway_call import GatewayCall
from steadyline.services.journal_access import JournalAccess

CODEC_WITHIN_S, CODEC_LOOK_S = 5.0, 0.1


class GatewayNotes:
    """The notes of all its calls.

    Args:
        runtime: surroundings.
        journal: the record of calls.
    """

    def __init__(self, runtime: Runtime, journal: JournalAccess) -> None:
        self._runtime = runtime
        self._clock = runtime.clock
        self._journal = journal

    def started(self, call: GatewayCall) -> None:
        """The call under its final id: once the processors have its ports, or when it ends before. Noted once."""
        if call.is_journaled:
            return
        call.is_journaled = True
        line, at = call.line, self._clock.wall() - (self._clock.now() - call.started_at)
        recording = self._runtime.recorder.call(call.call_uuid, call.call_id)
        if recording is not None:
            line.on_signalling(recording.signalled)
        self._of(call).started(call.call_id, line.sip_call_id, line.peer, line.codec or "", at)

    def ready(self, call: GatewayCall) -> float:
        """Everything behind the call is there: how long that took, milliseconds."""
        took_s = self._clock.now() - call.started_at
        self._runtime.metrics.call_ready.observe(took_s)
        return took_s * 1000

    def answered(self, call: GatewayCall, ready_ms: float) -> None:
        """Media is up."""
        journal = self._of(call)
        journal.answered(call.line.codec or "")
        journal.event("answered", {"ready_ms": round(ready_ms, 1), "codec": call.line.codec})

    async def late_codec(self, call: GatewayCall) -> None:
        """The line may know its codec some ms after the answer, on a busy machine some more."""
        if call.line.codec is not None:
            return
        at, until = self._clock.wall(), self._clock.now() + CODEC_WITHIN_S
        while call.line.codec is None and self._clock.now() < until:
            await self._clock.sleep(CODEC_LOOK_S)
        self._of(call).answered(call.line.codec or "", at)

    def first_audio(self, call: GatewayCall, turn: int, waited_s: float) -> None:
        """An answer begins, after so long."""
        self._runtime.metrics.turn_part("first_audio", waited_s)
        self._of(call).timing(turn, "first_audio", round(waited_s * 1000, 1))

    def phrase(self, call: GatewayCall, phrase: int, waited_s: float | None) -> None:
        """A phrase begins; an answer has been owed for so long, or (None) none is."""
        if waited_s is not None:
            self._runtime.metrics.turn_part("phrase", waited_s)
        self._of(call).event("phrase", {"phrase": phrase, "waited_ms": round((waited_s or 0.0) * 1000)})

    def ended(self, call: GatewayCall, reason: str) -> None:
        """The call is over."""
        self.started(call)
        stats, journal = call.line.media_stats(), self._of(call)
        self._runtime.metrics.call_ended(stats)
        journal.event("media", stats)
        journal.ended(reason)

    def _of(self, call: GatewayCall) -> CallJournal:
        """Of the call as it goes by now: it may get another id, and with it another uuid."""
        return CallJournal(self._journal, call.call_uuid, "gateway", self._clock)
