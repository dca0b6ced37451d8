"""Whisper: registered by inbound over UDP (1), dials inbound for speech and LLaMA with the turns (3), transcribes.

A session per call. Turns are kept until LLaMA has committed them; audio that is committed already is not transcribed.
"""

from collections.abc import Callable
from typing import Any

from steadyline.clock import TimerHandle
from steadyline.config import Config
from steadyline.link.beacon import listen_for_registrations
from steadyline.link.network import Address, DatagramPort
from steadyline.link.runtime import Runtime
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import Recognizer
from steadyline.services.whisper_session import WhisperSession, WhisperSessionEvents
from steadyline.wire.registration import Registration, RegistrationTable

EXPIRY_CHECK_S = 1.0


class WhisperService:
    """The speech recogniser as a process.

    Args:
        runtime, config: surroundings.
        host: the engine.
        is_machine_idle: whether some core has nothing else to do, so that work may be done beforehand.
    """

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        host: EngineHost[Recognizer],
        is_machine_idle: Callable[[], bool] = lambda: True,
    ) -> None:
        self._runtime = runtime
        self._config = config
        self._host = host
        self._is_machine_idle = is_machine_idle
        self._table = RegistrationTable(runtime.registration_expiry_s, runtime.security.registrations)
        self._sessions: dict[int, WhisperSession] = {}
        self._udp: DatagramPort | None = None
        self._expiry: TimerHandle | None = None
        host.on_change = self._engine_changed

    @property
    def state(self) -> str:
        return self._host.waiting_for or "ready"

    def calls(self) -> list[dict[str, Any]]:
        return [{"call_id": call_id, "turns": session.turns} for call_id, session in self._sessions.items()]

    async def start(self) -> None:
        address = (self._config.network.host, self._config.whisper.register_port)
        self._udp = await listen_for_registrations(self._runtime, address, self._registered)
        self._check_expiry()

    async def stop(self) -> None:
        if self._udp is not None:
            self._udp.close()
        if self._expiry is not None:
            self._expiry.cancel()
        for session in self._sessions.values():
            session.abandon()

    def _engine_changed(self) -> None:
        for session in self._sessions.values():
            session.tell_state()

    def _registered(self, registration: Registration, sender: Address) -> None:
        call_id = registration.call_id
        if registration.verb == "BYE":
            if self._table.remove(registration):
                self._end(call_id, "call ended")
            return
        outcome = self._table.register(registration, sender, self._runtime.clock.now())
        if outcome == "replaced":
            self._end(call_id, "another call has this id now")
        if outcome == "renewed" and call_id in self._sessions:
            self._sessions[call_id].nudge()
            return
        events = WhisperSessionEvents(self._session_proven, self._session_ended)
        session = WhisperSession(
            self._runtime, self._config, self._host, registration, sender[0], self._is_machine_idle, events
        )
        self._sessions[call_id] = session
        session.start()

    def _session_proven(self, session: "WhisperSession") -> None:
        """Connection 1 is open: inbound knows this call."""
        self._table.hold(session.call_id, session.registration.call_uuid, self._runtime.clock.now())

    def _end(self, call_id: int, reason: str) -> None:
        session = self._sessions.pop(call_id, None)
        if session is not None:
            session.end(reason)

    def _session_ended(self, session: "WhisperSession", reason: str) -> None:
        """The peer ended it: inbound said BYE, or does not know the call."""
        if self._sessions.get(session.call_id) is session:
            self._table.remove(session.registration)
            self._end(session.call_id, reason)

    def _check_expiry(self) -> None:
        now = self._runtime.clock.now()
        for session in self._sessions.values():
            if session.hears_inbound:
                self._session_proven(session)
        for stale in self._table.expire(now):
            self._runtime.flood_log.warning("expired", "registration expired", call_id=stale.call_id)
            self._end(stale.call_id, "registration expired")
        self._expiry = self._runtime.clock.call_at(now + EXPIRY_CHECK_S, self._check_expiry)
