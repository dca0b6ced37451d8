"""Faults in keeping, committing and resuming, each as a change that a programmer could make by mistake.

A fault changes the code through pytest's monkeypatch. `drill simulate` must find every one of them.
"""

from collections.abc import Callable
from typing import Any

import pytest

from steadyline.audio.cursor import PlayedLedger
from steadyline.audio.playout import PlayoutQueue
from steadyline.calls.journal import Journal
from steadyline.services.gateway_call import GatewayCall
from steadyline.services.inbound import InboundCall
from steadyline.services.line_playback import LinePlayback
from steadyline.services.llama_session import LlamaSession
from steadyline.services.playout import Playout
from steadyline.services.tts_session import TtsSession
from steadyline.services.voices import Voices
from steadyline.services.whisper_session import WhisperSession
from steadyline.wire import messages
from steadyline.wire.line_messages import TypedText
from steadyline.wire.messages import Message, Turn

Fault = Callable[[pytest.MonkeyPatch], None]


def commits_before_the_journal_has_it(patch: pytest.MonkeyPatch) -> None:
    """LLaMA says "committed" when a turn comes, before the transaction that journals it."""
    original = LlamaSession.from_whisper

    def from_whisper(self: LlamaSession, message: Message) -> None:
        if isinstance(message, Turn) and self._whisper is not None:
            self._whisper.send(messages.Committed(message.end, self.turn))
        original(self, message)

    patch.setattr(LlamaSession, "from_whisper", from_whisper)


def sends_a_clause_before_the_journal_has_it(patch: pytest.MonkeyPatch) -> None:
    """LLaMA sends a clause first and journals it then."""

    async def say(self: LlamaSession, turn: int, clause: int, text: str) -> None:
        self._dialogue.said(turn, text)
        self._send_clause(turn, clause, text)
        await self._journal.clause_written(turn, clause, text)

    patch.setattr(LlamaSession, "_say", say)


def llama_forgets_a_clause_that_outbound_has(patch: pytest.MonkeyPatch) -> None:
    """LLaMA forgets a clause when outbound has it whole, not when it was played."""
    original = Voices._note_complete

    def note_complete(self: Voices, complete: tuple[int, int] | None) -> None:
        original(self, complete)
        if complete is not None:
            self._kept.commit(complete)

    patch.setattr(Voices, "_note_complete", note_complete)


def the_voice_forgets_what_it_has_sent(patch: pytest.MonkeyPatch) -> None:
    """The TTS keeps no audio once it is on its way."""

    def deliver(self: TtsSession, position: tuple[int, int, int], message: Message, size: float) -> None:
        if self._outbound is None or not self._outbound.send(message):
            self._kept.put(position, message, size)

    patch.setattr(TtsSession, "_deliver", deliver)


def outbound_goes_on_where_it_was_played(patch: pytest.MonkeyPatch) -> None:
    """Outbound is told what was played, not what was accepted: what lies in the line's queue comes twice."""
    original: Any = LinePlayback.accepted

    def accepted(self: LinePlayback) -> messages.Position:
        position: messages.Position = original.fget(self)
        if position and self._reported is not None:
            turn, clause, sample = self._reported.played
            position |= {"turn": turn, "clause": clause, "sample": sample}
        return position

    patch.setattr(LinePlayback, "accepted", property(accepted))


def outbound_plays_a_clause_whenever_it_comes(patch: pytest.MonkeyPatch) -> None:
    """A clause that outbound has, or has played, is taken again."""
    original: Any = PlayoutQueue._open

    def opened(self: PlayoutQueue, turn: int, clause: int) -> Any:
        self._clauses = [entry for entry in self._clauses if entry.identity != (turn, clause) or not entry.finished]
        self._done_through = min(self._done_through, (turn, clause - 1))
        return original(self, turn, clause)

    patch.setattr(PlayoutQueue, "_open", opened)


def outbound_goes_on_where_it_was_when_nothing_was_accepted(patch: pytest.MonkeyPatch) -> None:
    """Outbound goes back to what the gateway had accepted, but not when that is nothing."""
    original = Playout.go_on_after

    def go_on_after(self: Playout, accepted: Any) -> None:
        if accepted is not None:
            original(self, accepted)

    patch.setattr(Playout, "go_on_after", go_on_after)


def inbound_forgets_what_it_has_sent(patch: pytest.MonkeyPatch) -> None:
    """Inbound takes speech for committed when whisper has it."""
    original = InboundCall._say

    def say(self: InboundCall, position: int, message: Message, size: int) -> None:
        original(self, position, message, size)
        if self.engines:
            self._kept.commit(position)

    patch.setattr(InboundCall, "_say", say)


def the_gateway_forgets_what_inbound_has(patch: pytest.MonkeyPatch) -> None:
    """The gateway keeps the caller's audio only while there is no inbound."""
    original = GatewayCall._hear

    def hear(self: GatewayCall, samples: Any) -> None:
        original(self, samples)
        if self.inbound is not None:
            self._caller._heard.commit(self._caller.next_sample)

    patch.setattr(GatewayCall, "_hear", hear)


def nobody_drops_a_turn_that_is_committed(patch: pytest.MonkeyPatch) -> None:
    """Neither whisper nor LLaMA nor the journal knows a turn again; any one of them would do."""

    async def transcribe_all(self: WhisperSession) -> None:
        await self._is_committed_known.wait()
        while True:
            said = await self._utterances.get()
            if isinstance(said, TypedText):
                self._put(said.sample, said)
            else:
                self._put(said.ended.end, await self._turn_of(said, 0))

    original_take, original_heard = LlamaSession._take, Journal.turn_heard

    async def take(self: LlamaSession, turn: Turn, *, is_typed: bool) -> None:
        self.committed = 0
        await original_take(self, turn, is_typed=is_typed)

    def turn_heard(self: Journal, call_uuid: str, turn: int, start: int, end: int, *rest: Any) -> bool:
        reached = self.committed_through(call_uuid)
        return original_heard(self, call_uuid, turn, max(start, reached), max(end, reached + 1), *rest)

    patch.setattr(WhisperSession, "_transcribe_all", transcribe_all)
    patch.setattr(LlamaSession, "_take", take)
    patch.setattr(Journal, "turn_heard", turn_heard)


def whisper_forgets_a_turn_that_it_has_sent(patch: pytest.MonkeyPatch) -> None:
    """Whisper takes a turn for committed when it is on its way."""

    def put(self: WhisperSession, end: int, turn: Turn | TypedText) -> None:
        if not self._llama.send(turn):
            self._kept.put(end, turn)

    patch.setattr(WhisperSession, "_put", put)


def the_gateway_goes_on_behind_what_it_dropped(patch: pytest.MonkeyPatch) -> None:
    """What was queued when the caller interrupted still counts as taken."""
    patch.setattr(PlayedLedger, "flushed", lambda self, played_total: self.played(played_total))


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        commits_before_the_journal_has_it,
        sends_a_clause_before_the_journal_has_it,
        llama_forgets_a_clause_that_outbound_has,
        the_voice_forgets_what_it_has_sent,
        outbound_goes_on_where_it_was_played,
        outbound_plays_a_clause_whenever_it_comes,
        outbound_goes_on_where_it_was_when_nothing_was_accepted,
        inbound_forgets_what_it_has_sent,
        the_gateway_forgets_what_inbound_has,
        nobody_drops_a_turn_that_is_committed,
        whisper_forgets_a_turn_that_it_has_sent,
        the_gateway_goes_on_behind_what_it_dropped,
    )
}
