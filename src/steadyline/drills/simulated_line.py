"""A telephone line in virtual time, on which calls come in."""

import asyncio
import itertools
from collections.abc import Callable, Iterator

from steadyline.drills.simulated_call import LineEcho, SimulatedCall
from steadyline.drills.simulated_process import SimulatedProcess
from steadyline.services.line import LineCall


class SimulatedLine:
    """The line that a gateway opens: calls come in by `dial`.

    Args:
        process: the gateway's.
        on_incoming: the gateway's callback.
        numbers: of the calls; those of one system are told apart by them, even if its gateway was restarted.
    """

    def __init__(
        self,
        process: SimulatedProcess,
        on_incoming: Callable[[LineCall], None],
        numbers: Iterator[int] | None = None,
    ) -> None:
        self._process = process
        self._on_incoming = on_incoming
        self._numbers = itertools.count(1) if numbers is None else numbers
        self.calls: list[SimulatedCall] = []
        self._on_refused: Callable[[str], object] = lambda peer: None

    @property
    def uri(self) -> str:
        return "sip:agent@simulated"

    @property
    def registration_state(self) -> str:
        return "off"

    def dial(
        self, rate_hz: int = 8_000, *, is_acknowledged: bool = True, echo: LineEcho | None = None
    ) -> SimulatedCall:
        """A new call, which rings.

        Args:
            rate_hz: of the codec that will be agreed: 8,000, 16,000 or 48,000.
            is_acknowledged: the caller's phone sends ACK when it is answered.
            echo: of what the caller hears; None: there is none.
        """
        call = SimulatedCall(next(self._numbers), self._process, rate_hz, is_acknowledged, echo)
        self.calls.append(call)
        self._process.tell(self._on_incoming, call)
        return call

    def on_refused(self, callback: Callable[[str], object]) -> None:
        """Keep the gateway's callback."""
        self._on_refused = callback

    def refuse(self, peer: str) -> None:
        """A caller was turned away, as the real line does when it is full."""
        self._process.tell(self._on_refused, peer)

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.lose("hung up")

    def lose(self, reason: str) -> None:
        """All calls are over: the line was closed, or the gateway died."""
        for call in self.calls:
            call.hang_up(reason)
