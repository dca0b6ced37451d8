"""Keeps us registered with a PBX, through its restarts."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from baresip import BaresipError, CommandTimeout, Event, RegistrationError, StackEvent

logger = logging.getLogger("steadyline.sip.registration")

# Over UDP a REGISTER is sent again for 32 s (RFC 3261, 17.1.2.2: 64 × T1), every 4 s in the end, before it counts as
# failed; cutting it short would only make more of them.
_REGISTER_TIMEOUT_S = 40.0
_FIRST_DELAY_S = 1.0
# The stack tries again by itself after 30 to 60 s. We must be first: a register() of ours while it is registered
# makes it send an un-REGISTER beside the new REGISTER.
_LONGEST_DELAY_S = 20.0
# A PBX that rejects our name or password will do so again, and may lock us out.
_REJECTED = (401, 403, 404, 407)
_FAREWELL_S = 0.5
# The stack renews after 0.9 of the interval. A un-REGISTER of ours that is unanswered when it does corrupts its heap
# (measured: abort at exit, always), so from a little earlier on we leave the un-REGISTER to its own shutdown.
_QUIET_PART_OF_INTERVAL = 0.8


def retry_delay_s(failures: int, rejected: bool) -> float:
    """How long to wait after so many failures in a row, before jitter: 1, 2, 4, 8, 16, 20, 20, … s."""
    return _LONGEST_DELAY_S if rejected else min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2 ** (failures - 1))


class Registration:
    """One registration; while it holds, the stack renews it, and when that fails we try again ourselves.

    The stack alone would wait 30 s to 60 s after the first failure and up to 30 minutes after more (measured: 57 s until
    it had noticed that the PBX was back).

    Attributes:
        state: "registering", "registered", or "failed: " and the reason.
    """

    def __init__(
        self, agent: Any, interval_s: float, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._agent = agent
        self._interval_s = interval_s
        self._sleep = sleep
        self._registered_at_s = 0.0
        self._failed = asyncio.Event()
        self.state = "registering"

    def notice(self, event: StackEvent) -> None:
        """To be called with every event of the stack."""
        if event.ua != self._agent.handle:
            return
        if event.event is Event.REGISTER_FAIL:
            self._set_state(f"failed: {event.text or 'no reason given'}")
            self._failed.set()
        elif event.event is Event.REGISTER_OK:
            self._registered_at_s = asyncio.get_running_loop().time()
            self._set_state("registered")

    async def run(self) -> None:
        """Register and stay registered until cancelled."""
        failures = 0
        while True:
            self._failed.clear()
            rejected = False
            try:
                await self._agent.register(timeout=_REGISTER_TIMEOUT_S)
                failures = 0
                await self._failed.wait()
            except (RegistrationError, CommandTimeout) as error:
                rejected = getattr(error, "status", None) in _REJECTED
                self._set_state(f"failed: {error.args[0].removeprefix('registration failed: ')}")
            failures += 1
            await self._sleep(retry_delay_s(failures, rejected) * random.uniform(0.8, 1.2))

    async def end(self) -> None:
        """Tell the PBX that we are gone, if it can be told at once; the stack's own shutdown tells it without waiting."""
        age_s = asyncio.get_running_loop().time() - self._registered_at_s
        if self.state != "registered" or age_s + _FAREWELL_S > _QUIET_PART_OF_INTERVAL * self._interval_s:
            return
        try:
            await self._agent.unregister(timeout=_FAREWELL_S)
        except BaresipError as error:
            logger.debug("could not unregister: %s", error)

    def _set_state(self, state: str) -> None:
        if state != self.state:
            logger.log(logging.WARNING if state.startswith("failed") else logging.INFO, "registration: %s", state)
        self.state = state
