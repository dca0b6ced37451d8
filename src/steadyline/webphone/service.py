"""The telephone in the browser as a process: a page, and for each caller a browser's leg joined to a SIP call."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from steadyline.config import Config
from steadyline.link.runtime import Runtime
from steadyline.services.assembly import Assembled
from steadyline.services.pages import WEBPHONE_HOST, webphone_page
from steadyline.services.status_client import ask_to_type, operator_seal
from steadyline.services.tasks import Tasks
from steadyline.sip import SipCall, SipSettings, SipUserAgent
from steadyline.sip.addresses import reachable_host
from steadyline.web.server import WebServer
from steadyline.webphone import endings
from steadyline.webphone.app import AllCallsTakenError, webphone_app
from steadyline.webphone.call import WebphoneCall
from steadyline.webphone.live_words import LiveWords
from steadyline.wire.operator_messages import TypedLine, TypedReply
from steadyline.wire.session import SessionTimes

MAX_CONNECTIONS = 64
RING_MARGIN_S = 5.0
"""The gateway refuses a call after `gateway.ring_timeout_s`; who hears nothing of it for longer has no gateway."""
ENDING_TIMEOUT_S = 2.0


class WebphoneService:
    """The telephone's process.

    Args:
        runtime, config: surroundings.

    Raises:
        ConfigError: the shared secret's file cannot be used.
    """

    def __init__(self, runtime: Runtime, config: Config) -> None:
        self._runtime = runtime
        self._config = config
        self._journal = Path(config.journal.path).expanduser()
        self._seal = operator_seal(config)
        self._agent: SipUserAgent | None = None
        self._calls: set[WebphoneCall] = set()
        self._tasks = Tasks(runtime.log)
        self._server = WebServer(webphone_app(self._take_offer, self._hang_up, config.webphone.port), MAX_CONNECTIONS)

    async def start(self) -> None:
        """Bring up the SIP stack and the page."""
        self._agent = await SipUserAgent.start(telephone_settings(self._config))
        self._server.start((WEBPHONE_HOST, self._config.webphone.port))

    async def stop(self) -> None:
        """Hang up every call."""
        for call in self._calls:
            call.end(endings.SHUTTING_DOWN)
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING_TIMEOUT_S):
                await self._tasks.finished()
        await self._server.stop()
        if self._agent is not None:
            await self._agent.close()

    @property
    def state(self) -> str:
        return "ready" if self._agent is not None else "starting"

    def calls(self) -> list[dict[str, Any]]:
        return [call.details() for call in self._calls]

    def details(self) -> dict[str, Any]:
        """For its status port."""
        return {"page": webphone_page(self._config), "max_calls": self._config.webphone.max_calls}

    async def _take_offer(self, sdp: str) -> tuple[str, str]:
        settings = self._config.webphone
        if sum(call.state != "ended" for call in self._calls) >= settings.max_calls:
            raise AllCallsTakenError(
                f"all {settings.max_calls} calls of the telephone are taken; hang one up, or set webphone.max_calls"
            )
        call = WebphoneCall(
            self._dial,
            ring_timeout_s=self._config.gateway.ring_timeout_s + RING_MARGIN_S,
            browser_lost_s=settings.browser_lost_s,
            show_words=self._show_words,
            send_typed=self._send_typed,
            typed_max_chars=self._config.gateway.typed_max_chars,
            log=self._runtime.log,
        )
        self._calls.add(call)
        try:
            answer = await call.answer(sdp)
        except BaseException:
            self._calls.discard(call)
            raise
        self._tasks.start(self._run(call), "browser call")
        return answer, call.token

    async def _run(self, call: WebphoneCall) -> None:
        try:
            await call.run()
        finally:
            self._calls.discard(call)

    def _hang_up(self, token: str) -> bool:
        found = [call for call in self._calls if call.token == token]
        for call in found:
            call.end(endings.HUNG_UP)
        return bool(found)

    async def _dial(self) -> SipCall:
        assert self._agent is not None
        return await self._agent.dial(gateway_uri(self._config))

    async def _send_typed(self, line: TypedLine) -> TypedReply | None:
        address = (self._config.network.host, self._config.gateway.status_port)
        return await ask_to_type(address, SessionTimes(), self._seal, line)

    async def _show_words(self, line: SipCall, tell: Callable[[dict[str, Any]], None]) -> None:
        await LiveWords(self._journal, line.sip_call_id, tell).run()


def assemble_webphone(_: str, config: Config, runtime: Runtime) -> Assembled:
    """The service and its ports."""
    webphone = config.webphone
    return Assembled(WebphoneService(runtime, config), webphone.status_port, metrics_port=webphone.metrics_port)


def telephone_settings(config: Config) -> SipSettings:
    """A telephone's settings that suit the gateway of the same configuration: its transports, codecs and encryption.

    Raises:
        ConfigError: settings that cannot work.
    """
    gateway, webphone = config.gateway, config.webphone
    return SipSettings(
        host=gateway.sip_host,
        port=0,
        transports=(_transport(config),),
        certificate=Path(gateway.certificate).expanduser() if gateway.certificate else None,
        codecs=tuple(gateway.codecs),
        srtp="required" if gateway.srtp == "required" else "off",
        rtp_ports=(webphone.rtp_port_low, webphone.rtp_port_high),
        max_calls=webphone.max_calls,
        rtp_timeout_s=gateway.rtp_timeout_s,
        user="browser",
    )


def gateway_uri(config: Config) -> str:
    """What the telephone dials."""
    host, port, transport = reachable_host(config.gateway.sip_host), config.gateway.sip_port, _transport(config)
    return f"sip:steadyline@{host}:{port + 1 if transport == 'tls' else port};transport={transport}"


def _transport(config: Config) -> str:
    return config.gateway.transports[0]
