"""What the gateway needs of a telephone line; `steadyline.sip` has the real one, tests and drills have others."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


class LineCall(Protocol):
    """One call on the line. Audio is int16, mono, at `line_rate_hz` (8,000, 16,000 or 48,000; 0 without media)."""

    closed: asyncio.Future[str]

    @property
    def sip_call_id(self) -> str: ...

    @property
    def peer(self) -> str: ...

    @property
    def codec(self) -> str | None: ...

    @property
    def line_rate_hz(self) -> int: ...

    async def answer(self) -> None: ...

    async def reject(self) -> None: ...

    async def hangup(self) -> None: ...

    async def wait_established(self, timeout_s: float) -> None: ...

    def on_digit(self, callback: Callable[[str, int], None]) -> None: ...

    def on_signalling(self, callback: Callable[[float, bool, str], None]) -> None:
        """Have `callback` told each message of the call, from the first on: Unix time, whether we sent it, its text."""

    def read(self) -> Samples: ...

    def write(self, samples: Samples) -> int: ...

    def flush(self) -> None: ...

    def media_stats(self) -> dict[str, Any]: ...

    @property
    def ready(self) -> bool:
        """Media runs in both directions; not so on hold."""

    @property
    def played_samples(self) -> int: ...

    @property
    def buffered_samples(self) -> int: ...

    @property
    def flushed_samples(self) -> int:
        """How many of the written samples were dropped, by `flush` or with streams that were replaced."""


class Line(Protocol):
    """Something that calls come in on."""

    @property
    def uri(self) -> str:
        """What to dial."""

    @property
    def registration_state(self) -> str:
        """ "off", "registered", or what is in the way."""

    def on_refused(self, callback: Callable[[str], object]) -> None:
        """Have `callback` told the address of each caller whom the line turned away with 486, all its calls being taken."""

    async def close(self) -> None:
        """Hang up everything."""
