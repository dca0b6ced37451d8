"""One caller on real sockets: its packets leave every 20 ms, and those that come are timed by the kernel."""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable

from steadyline.bench.capacity.dialog import Dialog
from steadyline.bench.capacity.mu_law import FRAME_SAMPLES, is_audible
from steadyline.bench.capacity.reception import Reception
from steadyline.bench.capacity.talk import Talk

SO_TIMESTAMPNS = 35
"""Linux, socket(7): the kernel's time of arrival comes with each packet, however late this process reads it."""
PCMU = 0
"""Payload type, RFC 3551, 6."""
_RTP = struct.Struct("!BBHII")
_TIME = struct.Struct("qq")


class Caller:
    """One call; `talk` is there from the answer on.

    Args:
        target, local: where is called, and from where the SIP messages are sent.
        call_id: its Call-ID.
        make_talk: how it goes on once it is answered.
    """

    def __init__(
        self, target: tuple[str, int], local: tuple[str, int], call_id: str, make_talk: Callable[[float], Talk]
    ) -> None:
        self.reception = Reception()
        self.talk: Talk | None = None
        self._make_talk = make_talk
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setblocking(False)
        self._socket.bind((local[0], 0))
        self._peer = (target[0], 0)
        self._sequence = 0
        self.dialog = Dialog(target, local, self._socket.getsockname()[1], call_id)

    def answered(self, media_port: int) -> None:
        """Begin to talk and to listen."""
        self._peer = (self._peer[0], media_port)
        self.talk = self._make_talk(time.time())
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def tick(self) -> None:
        """20 ms have passed: the next packet."""
        if self.talk is None:
            return
        self._sequence += 1
        header = _RTP.pack(0x80, 0, self._sequence & 0xFFFF, self._sequence * FRAME_SAMPLES & 0xFFFFFFFF, 0x5EED)
        with contextlib.suppress(OSError):
            self._socket.sendto(header + self.talk.next_frame(time.time()), self._peer)

    def close(self) -> None:
        """Listen no more."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _readable(self) -> None:
        with contextlib.suppress(OSError):
            data, ancillary, _, _ = self._socket.recvmsg(2048, 64)
            if len(data) < _RTP.size or data[1] & 0x7F != PCMU:
                return  # another caller's RTCP, if this port is the one beside its own
            seconds, nanoseconds = _TIME.unpack(ancillary[0][2][: _TIME.size])
            arrived_at = seconds + nanoseconds / 1e9
            self.reception.take(int.from_bytes(data[2:4], "big"), arrived_at)
            if self.talk is not None and is_audible(data[_RTP.size :]):
                self.talk.heard(arrived_at)
