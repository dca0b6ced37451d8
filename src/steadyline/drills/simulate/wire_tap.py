"""Listens to what the services of a simulated system send each other: for the moments of a history, and for its trace."""

import asyncio
import struct
import zlib
from collections.abc import Callable

from steadyline.link.memory import MemoryNetwork
from steadyline.wire.codec import MESSAGE_TYPES
from steadyline.wire.framing import HEADER

TYPE_NUMBERS = {kind.__name__: number for number, kind in MESSAGE_TYPES.items()}
_TYPE_OFFSET = 4
_ENTRY = struct.Struct("<dIB")


class WireTap:
    """Hears every frame when it is sent.

    Attributes:
        digest: of everything that was sent so far: who, to whom, when, what type, how long. The contents are left out, since
            calls have random uuids.
        on_frame: told of each as (source, target, message's name, bytes); None: nobody is.
    """

    def __init__(self, network: MemoryNetwork) -> None:
        self.digest = 0
        self.on_frame: Callable[[str, str, str, bytes], None] | None = None
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[str, int, asyncio.Future[None]]] = []
        network.on_bytes = self._sent

    async def next_message(self, service: str, name: str, within_s: float) -> None:
        """Wait until the service sends or is sent a message of that name, or until so much time has passed."""
        moment: asyncio.Future[None] = self._loop.create_future()
        entry = (service, TYPE_NUMBERS[name], moment)
        self._waiting.append(entry)
        await asyncio.wait([moment], timeout=within_s)
        if entry in self._waiting:
            self._waiting.remove(entry)

    def _sent(self, source: str, target: str, data: bytes) -> None:
        kind = data[_TYPE_OFFSET]
        self.digest = zlib.crc32(_ENTRY.pack(self._loop.time(), len(data), kind), self.digest)
        self.digest = zlib.crc32(f"{source} {target}".encode(), self.digest)
        for entry in list(self._waiting):
            service, number, moment = entry
            if number == kind and service in (source, target) and not moment.done():
                self._waiting.remove(entry)
                moment.set_result(None)
        if self.on_frame is not None:
            self.on_frame(source, target, MESSAGE_TYPES[kind].__name__, data[HEADER.size :])
