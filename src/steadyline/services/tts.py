"""The TTS service, Kokoro or Piper: clauses from LLaMA (4) to audio for outbound (5), registered by outbound (2).

A session per call. Clauses are kept as rendered until outbound has all of them, since neural voices do not render alike
twice. Connection 5 is dialed on the first text of the call.
"""

from typing import Any

from steadyline.clock import TimerHandle
from steadyline.config import Config
from steadyline.config_speech import StandbySection, TtsSection
from steadyline.connections import LLAMA_TTS
from steadyline.link.acceptor import NO_CALL, Acceptor, AcceptorEvents, Decision
from steadyline.link.beacon import listen_for_registrations
from steadyline.link.link import Link
from steadyline.link.network import Address, DatagramPort
from steadyline.link.runtime import Runtime
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import Synthesizer
from steadyline.services.fixed_renderings import FixedRenderings
from steadyline.services.fixed_texts import greeting_clauses, other_fixed_clauses
from steadyline.services.tts_session import TtsSession
from steadyline.wire.messages import Hello, Message, Welcome
from steadyline.wire.registration import Registration, RegistrationTable
from steadyline.wire.session import Closed, SessionState

EXPIRY_CHECK_S = 1.0


class TtsService:
    """A voice as a process.

    Args:
        runtime, config: surroundings.
        host: the engine.
        place: its ports: the first voice's or the standby's.
    """

    def __init__(
        self, runtime: Runtime, config: Config, host: EngineHost[Synthesizer], place: TtsSection | StandbySection
    ) -> None:
        self._runtime = runtime
        self._config = config
        self._host = host
        self._place = place
        self._table = RegistrationTable(runtime.registration_expiry_s, runtime.security.registrations)
        self._sessions: dict[str, TtsSession] = {}
        self._udp: DatagramPort | None = None
        self._expiry: TimerHandle | None = None
        self._acceptor = Acceptor(
            runtime,
            LLAMA_TTS.number,
            frozenset({"llama"}),
            AcceptorEvents(self._admit, self._opened, self._received, self._closed),
        )
        greeting, others = greeting_clauses(config.llama), other_fixed_clauses(config.llama)
        self._fixed = FixedRenderings(runtime, host, greeting, others, self._tell_state)
        host.on_change = self._engine_changed

    @property
    def state(self) -> str:
        return self._fixed.waiting_for or "ready"

    def calls(self) -> list[dict[str, Any]]:
        return [{"call_id": session.call_id, "clauses": session.clauses} for session in self._sessions.values()]

    async def start(self) -> None:
        host = self._config.network.host
        await self._acceptor.listen((host, self._place.port))
        self._udp = await listen_for_registrations(self._runtime, (host, self._place.register_port), self._registered)
        self._check_expiry()

    async def stop(self) -> None:
        self._acceptor.close()
        if self._udp is not None:
            self._udp.close()
        if self._expiry is not None:
            self._expiry.cancel()
        for session in self._sessions.values():
            session.abandon()
        self._fixed.stop()

    def _engine_changed(self) -> None:
        self._fixed.engine_changed()
        self._tell_state()

    def _tell_state(self) -> None:
        for session in self._sessions.values():
            session.tell_state()

    def _session_of(self, call_id: int, call_uuid: str) -> "TtsSession":
        session = self._sessions.get(call_uuid)
        if session is None:
            session = TtsSession(
                self._runtime, self._config, self._host, self._fixed, (call_id, call_uuid), self._ended
            )
            self._sessions[call_uuid] = session
            session.start()
        return session

    def _registered(self, registration: Registration, sender: Address) -> None:
        if registration.verb == "BYE":
            if self._table.remove(registration) and registration.call_uuid in self._sessions:
                self._sessions[registration.call_uuid].end("call ended")
            return
        previous, known = self._table.uuid_of(registration.call_id), self._sessions.get(registration.call_uuid)
        now, is_proven = self._runtime.clock.now(), known is not None and known.is_proven
        outcome = self._table.register(registration, sender, now, is_proven=is_proven)
        if outcome == "replaced" and previous in self._sessions:
            self._sessions[previous].end("another call has this id now")
        self._session_of(registration.call_id, registration.call_uuid).registered(sender[0])

    def _admit(self, hello: Hello) -> Decision:
        if not hello.call_id or not hello.call_uuid:
            return NO_CALL
        return Welcome(
            self._runtime.role, self._runtime.epoch, self._session_of(hello.call_id, hello.call_uuid).complete
        )

    def _opened(self, link: Link, hello: Hello) -> None:
        self._session_of(hello.call_id, hello.call_uuid).llama_opened(link)
        self._table.prove(hello.call_id, hello.call_uuid)

    def _received(self, link: Link, message: Message) -> None:
        session = self._sessions.get(link.hello.call_uuid) if link.hello else None
        if session is not None:
            session.from_llama(message)

    def _closed(self, link: Link, closed: Closed) -> None:
        session = self._sessions.get(link.hello.call_uuid) if link.hello else None
        if session is None:
            return
        if closed.state is SessionState.ENDED:
            session.end(closed.reason)
        else:
            session.llama_lost(closed.reason)

    def _ended(self, session: "TtsSession") -> None:
        self._sessions.pop(session.call_uuid, None)
        self._table.remove(Registration("BYE", session.call_id, session.call_uuid))
        self._acceptor.forget(session.call_uuid)

    def _check_expiry(self) -> None:
        now = self._runtime.clock.now()
        for session in self._sessions.values():
            if session.reaches_outbound:
                self._table.hold(session.call_id, session.call_uuid, now)
        for stale in self._table.expire(now):
            self._runtime.flood_log.warning("expired", "registration expired", call_id=stale.call_id)
            left = self._sessions.get(stale.call_uuid)
            if left is not None and left.is_proven:
                left.registration_expired()
            elif left is not None:
                left.end("registration expired")
        self._expiry = self._runtime.clock.call_at(now + EXPIRY_CHECK_S, self._check_expiry)
