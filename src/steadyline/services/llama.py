"""LLaMA: takes the caller's turns from whisper (3), answers, gives the answer clause by clause to the TTS (4).

A turn is journaled before it is committed upstream, a clause before it is sent. Clauses are kept until outbound has
them; a restarted LLaMA takes a call up again from the journal.
"""

from typing import Any

from steadyline.config import Config
from steadyline.connections import WHISPER_LLAMA
from steadyline.link.acceptor import NO_CALL, Acceptor, AcceptorEvents, Decision
from steadyline.link.link import Link
from steadyline.link.runtime import Runtime
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import LanguageModel
from steadyline.services.journal_access import JournalAccess
from steadyline.services.llama_session import LlamaSession
from steadyline.wire.messages import Hello, Message, Welcome
from steadyline.wire.session import Closed, SessionState


class LlamaService:
    """The language model as a process.

    Args:
        runtime, config: surroundings.
        host: the engine.
        journal: the record that calls are taken up again from.
        slots: calls that have a slot of their own in the model.
    """

    def __init__(
        self, runtime: Runtime, config: Config, host: EngineHost[LanguageModel], journal: JournalAccess, slots: int
    ) -> None:
        self._runtime = runtime
        self._config = config
        self._host = host
        self._journal = journal
        self._free_slots = list(range(slots))
        self._sessions: dict[str, LlamaSession] = {}
        self._acceptor = Acceptor(
            runtime,
            WHISPER_LLAMA.number,
            frozenset({"whisper"}),
            AcceptorEvents(self._admit, self._opened, self._received, self._closed),
        )
        host.on_change = self._engine_changed

    @property
    def state(self) -> str:
        return self._host.waiting_for or "ready"

    def calls(self) -> list[dict[str, Any]]:
        return [{"call_id": session.call_id, "turns": session.turn} for session in self._sessions.values()]

    async def start(self) -> None:
        await self._acceptor.listen((self._config.network.host, self._config.llama.port))

    async def stop(self) -> None:
        self._acceptor.close()
        for session in self._sessions.values():
            session.abandon()
        await self._journal.close()

    def _engine_changed(self) -> None:
        for session in self._sessions.values():
            session.tell_state()

    async def _admit(self, hello: Hello) -> Decision:
        """Say what is committed. The session is made when the link is open: who is gone by then leaves none behind."""
        uuid = hello.call_uuid
        if not hello.call_id or not uuid:
            return NO_CALL
        session = self._sessions.get(uuid)
        if session is not None and session.is_restored:
            # It knows: a journal that hangs must not keep a new whisper out.
            return Welcome("llama", self._runtime.epoch, {"sample": session.committed, "turn": session.turn})
        sample, turn = await self._journal.ask(
            lambda journal: (journal.committed_through(uuid), journal.last_turn(uuid)), (0, 0)
        )
        session = self._sessions.get(uuid)
        if session is not None:
            sample, turn = max(sample, session.committed), max(turn, session.turn)
        return Welcome("llama", self._runtime.epoch, {"sample": sample, "turn": turn})

    def _opened(self, link: Link, hello: Hello) -> None:
        session = self._sessions.get(hello.call_uuid)
        if session is None:
            slot = self._free_slots.pop(0) if self._free_slots else -1
            session = LlamaSession(self._runtime, self._config, self._host, self._journal, hello, slot, self._ended)
            self._sessions[hello.call_uuid] = session
            session.start()
        session.whisper_opened(link)

    def _received(self, link: Link, message: Message) -> None:
        session = self._session(link)
        if session is not None:
            session.from_whisper(message)

    def _closed(self, link: Link, closed: Closed) -> None:
        session = self._session(link)
        if session is None:
            return
        if closed.state is SessionState.ENDED:
            session.end(closed.reason)
        else:
            session.whisper_lost(closed.reason)

    def _session(self, link: Link) -> "LlamaSession | None":
        return self._sessions.get(link.hello.call_uuid) if link.hello else None

    def _ended(self, session: "LlamaSession") -> None:
        if self._sessions.pop(session.call_uuid, None) is not None and session.slot >= 0:
            self._free_slots.append(session.slot)
        self._acceptor.forget(session.call_uuid)
