"""The SIP user agent: listens, answers through a callback, dials, registers."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable

from baresip import BaresipError, Call, Runtime, StackEvent, UserAgent

from steadyline.errors import ConfigError, PortTakenError, SteadylineError
from steadyline.sip.addresses import reachable_host
from steadyline.sip.answered_codec import AnsweredCodecs
from steadyline.sip.call import SipCall
from steadyline.sip.refused_calls import RefusedCalls
from steadyline.sip.registration import Registration
from steadyline.sip.settings import SipSettings
from steadyline.sip.signalling import Signalling
from steadyline.sip.stack_config import listening_account, registered_account, stack_config

# BYE, its answer and the un-REGISTER are on the wire within this time, or the peer is gone.
_FAREWELL_S = 0.2

_trace_log = logging.getLogger("baresip.native.sip")


class SipUserAgent:
    """One SIP stack; a process can hold one at a time, since the state of the C library is global.

    A crash of the C library takes the process and its calls along: run several processes.
    """

    def __init__(self, settings: SipSettings, on_incoming: Callable[[SipCall], None] | None) -> None:
        self._settings = settings
        self._on_incoming = on_incoming
        self._runtime = Runtime()
        self._codecs = AnsweredCodecs()
        self._refused = RefusedCalls(self._tell_refused)
        self._signalling = Signalling()
        self._on_refused: Callable[[str], object] = lambda peer: None
        self._loop = asyncio.get_running_loop()
        self._agents: dict[str, UserAgent] = {}
        self._calls: set[SipCall] = set()
        self._port = settings.port or free_port(settings.host)
        self._registered_agent: UserAgent | None = None
        self._registration: Registration | None = None
        self._registering: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<SipUserAgent {self.uri} calls={len(self._calls)} registration={self.registration_state}>"

    @classmethod
    async def start(cls, settings: SipSettings, on_incoming: Callable[[SipCall], None] | None = None) -> "SipUserAgent":
        """Bring the stack up; when this returns, calls are taken. Registration goes on in the background.

        `on_incoming` is called on the event loop with each call while it rings (180 has been sent); it decides to
        `answer` or to `reject`. Without it every call is rejected.

        Raises:
            PortTakenError: the SIP port is in use.
            SteadylineError: the stack does not start, for another reason.
        """
        agent = cls(settings, on_incoming)
        agent._attach_trace()
        try:
            await agent._start()
        except BaseException:
            agent._detach_trace()
            raise
        return agent

    async def _start(self) -> None:
        await self._start_runtime()
        address = f"{self._advertised_host}:{self._port}"
        try:
            for transport in self._settings.transports:
                account = listening_account(self._settings, transport, address)
                self._agents[transport] = await UserAgent.create(self._runtime, account)
            if self._settings.registrar:
                await self._start_registration()
            for agent in self._agents.values():
                agent.on_incoming(self._take)
        except (BaresipError, ValueError) as error:
            await self._runtime.close()
            raise SteadylineError(f"the SIP stack refused an account: {error}") from error

    async def _start_runtime(self) -> None:
        try:
            await self._runtime.start(stack_config(self._settings, self._port))
        except BaresipError as error:
            if "Address already in use" in str(error):
                raise PortTakenError(
                    f"SIP port {self._port} on {self._settings.host} cannot be listened on: Address already in use",
                    (("udp", self._settings.host, self._port), ("tcp", self._settings.host, self._port))
                    + ((("tcp", self._settings.host, self._port + 1),) if "tls" in self._settings.transports else ()),
                ) from error
            raise SteadylineError(f"the SIP stack did not start on {self._settings.host}: {error}") from error
        except ValueError as error:
            raise ConfigError(f"the SIP stack cannot be told of {self._settings.host}: {error}") from error

    async def _start_registration(self) -> None:
        self._registered_agent = await UserAgent.create(self._runtime, registered_account(self._settings))
        self._registered_agent.on_incoming(self._take)
        self._registration = Registration(self._registered_agent, self._settings.register_interval_s)
        self._runtime.subscribe(self._registration.notice)
        self._registering = asyncio.create_task(self._registration.run(), name="sip registration")

    @property
    def _advertised_host(self) -> str:
        return reachable_host(self._settings.host)

    @property
    def uri(self) -> str:
        """What to dial to reach us directly, over the first of the transports."""
        transport = self._settings.transports[0]
        port = self._port + 1 if transport == "tls" else self._port
        parameter = "" if transport == "udp" else f";transport={transport}"
        return f"sip:{self._settings.user}@{self._advertised_host}:{port}{parameter}"

    @property
    def calls(self) -> frozenset[SipCall]:
        """The calls that are not over."""
        return frozenset(self._calls)

    @property
    def registration_state(self) -> str:
        """One of "off", "registering", "registered", or "failed: " and the reason, e.g. "failed: 401 Unauthorized"."""
        return self._registration.state if self._registration is not None else "off"

    def on_refused(self, callback: Callable[[str], object]) -> None:
        """Have `callback` called with the SIP address of each caller who was answered 486 for there are `max_calls`."""
        self._on_refused = callback

    def _tell_refused(self, peer: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(lambda: self._on_refused(peer))

    async def dial(self, uri: str) -> SipCall:
        """Send an INVITE to `uri` and return while it rings; await the call's `wait_established`.

        The `transport` parameter of the URI picks UDP, TCP or TLS; without one, a call goes through the PBX if we have
        one, otherwise over the first of our transports.

        Raises:
            ConnectionError: the INVITE could not be sent.
        """
        named = next((name for name in self._agents if f"transport={name}" in uri.lower()), None)
        agent = self._registered_agent if named is None else self._agents[named]
        if agent is None:
            agent = next(iter(self._agents.values()))
        early: list[StackEvent] = []
        self._runtime.subscribe(early.append)
        try:
            call = await agent.dial(uri)
        except BaresipError as error:
            raise ConnectionError(f"cannot dial {uri}: {error}") from error
        finally:
            self._runtime.unsubscribe(early.append)
        adopted = self._adopt(call)
        # What happened before the binding made its Call, which may be all there is: a refused connection ends it at once.
        for event in early:
            call._on_stack_event(event)
        return adopted

    async def close(self) -> None:
        """Hang up every call, unregister and stop the stack; safe to call twice."""
        if self._registering is not None:
            self._registering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._registering
            self._registering = None
        calls = list(self._calls)
        await asyncio.gather(*(call.hangup() for call in calls))
        if self._registration is not None:
            await self._registration.end()
        if calls:
            await asyncio.sleep(_FAREWELL_S)
        await self._runtime.close()
        self._detach_trace()

    def _take(self, call: Call) -> None:
        taken = self._adopt(call)
        if self._on_incoming is not None:
            self._on_incoming(taken)
        else:
            rejection = asyncio.create_task(taken.reject())
            taken.closed.add_done_callback(lambda _: rejection.cancel())

    def _adopt(self, call: Call) -> SipCall:
        if call.call_id:  # one that we dial has none yet
            self._codecs.expect(call.call_id)
        adopted = SipCall(call, self._codecs, self._signalling)
        self._calls.add(adopted)
        adopted.closed.add_done_callback(lambda _: self._forget(adopted))
        return adopted

    def _forget(self, call: SipCall) -> None:
        self._calls.discard(call)
        self._codecs.forget(call.sip_call_id)
        self._signalling.forget(call.sip_call_id)

    def _attach_trace(self) -> None:
        # Its own outcomes are reported by us; of the rest only warnings are for the user.
        logging.getLogger("baresip.ua").setLevel(logging.CRITICAL)
        stack_log = logging.getLogger("baresip")
        if stack_log.level == logging.NOTSET:
            stack_log.setLevel(logging.WARNING)
        _trace_log.setLevel(logging.DEBUG)
        _trace_log.propagate = False
        for listener in (self._codecs, self._refused, self._signalling):
            _trace_log.addHandler(listener)

    def _detach_trace(self) -> None:
        for listener in (self._codecs, self._refused, self._signalling):
            _trace_log.removeHandler(listener)


def free_port(host: str) -> int:
    """A port that is free for UDP and TCP at this moment, with the one after it (TLS)."""
    for _ in range(100):
        with socket.socket() as tcp, socket.socket() as tls, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind((host, 0))
            except OSError as error:
                raise ConfigError(
                    f"{host} is no address of this machine to call from: {error.strerror or error}"
                ) from error
            port = int(tcp.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                udp.bind((host, port))
                tls.bind((host, port + 1))
                return port
    raise PortTakenError(f"sip port: found no free port on {host}; set sip port to one that is free")
