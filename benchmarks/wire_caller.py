"""A telephone on bare sockets: what it sends and when is laid down packet by packet, and the kernel says when packets came.

SIP over UDP with PCMU (RFC 3261, RFC 3551), on the loopback, for one call. It has no jitter buffer and no clock but ours.
"""

import re
import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from benchmarks.system import BenchmarkError

HOST = "127.0.0.1"
DEADLINE_S = 20.0
PACKET_SAMPLES = 160
RATE_HZ = 8_000
PACKET_S = PACKET_SAMPLES / RATE_HZ
_SDP = (
    "v=0\r\no=wire 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\na=ptime:20\r\n"
)
_RTP = struct.Struct("!BBHII")
_TIMESPEC = struct.Struct("qq")
# Linux, asm-generic/socket.h: receive times in nanoseconds on the wall clock; Python has no name for it.
_SO_TIMESTAMPNS = 35


@dataclass(frozen=True)
class Departure:
    """A packet to be sent: `at_s` on `time.time()`, its number in the stream, its 160 bytes of G.711 µ-law."""

    at_s: float
    sequence: int
    payload: bytes


@dataclass(frozen=True)
class Arrival:
    """A packet that came: `at_s` as the kernel has it, on `time.time()`; number and timestamp as in RFC 3550, 5.1."""

    at_s: float
    sequence: int
    timestamp: int
    payload: bytes


class WireCaller:
    """One call, answered when the `with` block begins and hung up when it ends.

    Args:
        agent_port: SIP port that is called.

    Raises:
        BenchmarkError: it was not answered.
    """

    def __init__(self, agent_port: int) -> None:
        self._agent = (HOST, agent_port)
        self._call_id = f"wire-{time.monotonic_ns()}"
        self._to_tag = ""
        self._peer = self._agent

    def __enter__(self) -> Self:
        self._sip, self._rtp = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
        for opened in (self._sip, self._rtp):
            opened.bind((HOST, 0))
        self._sip.settimeout(DEADLINE_S)
        self._rtp.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._send("INVITE", 1)
        self._await_ok()
        self._send("ACK", 1)
        return self

    def __exit__(self, *_: object) -> None:
        self._send("BYE", 2)
        self._sip.close()
        self._rtp.close()

    def exchange(self, departures: Sequence[Departure], until_s: float) -> tuple[dict[int, float], list[Arrival]]:
        """Send each packet when it is due, and receive, until a moment on `time.time()`.

        Returns:
            When each packet was really sent, by its number; and what came.
        """
        sent: dict[int, float] = {}
        arrivals: list[Arrival] = []
        for departure in sorted(departures, key=lambda one: one.at_s):
            self._receive_until(departure.at_s, arrivals)
            header = _RTP.pack(0x80, 0, departure.sequence & 0xFFFF, departure.sequence * PACKET_SAMPLES, 0x5EED)
            sent[departure.sequence] = time.time()
            self._rtp.sendto(header + departure.payload, self._peer)
        self._receive_until(until_s, arrivals)
        return sent, arrivals

    def _receive_until(self, until_s: float, arrivals: list[Arrival]) -> None:
        while (left_s := until_s - time.time()) > 0:
            if not select.select([self._rtp], [], [], left_s)[0]:
                return
            data, ancillary, _, _ = self._rtp.recvmsg(2048, socket.CMSG_SPACE(_TIMESPEC.size))
            seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
            kind = data[1] & 0x7F
            if len(data) >= _RTP.size and kind == 0:
                _, _, sequence, timestamp, _ = _RTP.unpack_from(data)
                arrivals.append(Arrival(seconds + nanoseconds / 1e9, sequence, timestamp, data[_RTP.size :]))

    def _send(self, method: str, sequence: int) -> None:
        port, host = self._rtp.getsockname()[1], f"{HOST}:{self._sip.getsockname()[1]}"
        body = _SDP.format(host=HOST, port=port) if method == "INVITE" else ""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        uri = f"sip:steadyline@{HOST}:{self._agent[1]}"
        message = (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{method}{self._call_id}\r\n"
            f"From: <sip:wire@{host}>;tag=wire\r\nTo: <{uri}>{self._to_tag}\r\nCall-ID: {self._call_id}\r\n"
            f"CSeq: {sequence} {method}\r\nContact: <sip:wire@{host}>\r\nMax-Forwards: 70\r\n"
            f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self._sip.sendto(message.encode(), self._agent)

    def _await_ok(self) -> None:
        while True:
            try:
                message = self._sip.recv(8192).decode()
            except TimeoutError as error:
                raise BenchmarkError(f"no answer to the INVITE within {DEADLINE_S:g} s") from error
            if re.match(r"SIP/2\.0 [3-6]", message):
                raise BenchmarkError(f"the call was refused: {message.splitlines()[0]}")
            if message.startswith("SIP/2.0 200"):
                tag = re.search(r"^To:.*(;tag=[^;\s]+)", message, re.MULTILINE)
                media = re.search(r"^m=audio (\d+)", message, re.MULTILINE)
                if tag is None or media is None:
                    raise BenchmarkError(f"an answer without a tag or without audio:\n{message}")
                self._to_tag, self._peer = tag[1], (HOST, int(media[1]))
                return
