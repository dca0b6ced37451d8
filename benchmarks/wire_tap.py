"""`python -m benchmarks.wire_tap PORT …`: listens to the services talking on the loopback, without being in their way.

A packet socket (packet(7); root, or CAP_NET_RAW) has a copy of every segment with the kernel's time. Prints {"listening"}; when
standard input ends {"messages": [[when, name, fields], …]} of what was said to or from these TCP ports, heartbeats and arrays
left out. Streams are followed from their beginning, and only if no segment was missed.
"""

import json
import select
import socket
import struct
import sys
from dataclasses import fields
from typing import Any

import numpy as np

from steadyline.errors import WireError
from steadyline.wire.codec import decode_message
from steadyline.wire.framing import Frame, FrameDecoder
from steadyline.wire.messages import Message, Ping, Pong

_TIMESPEC = struct.Struct("qq")
_SO_TIMESTAMPNS = 35
_ETH_P_IP = 0x0800
_IP_TCP = 6
_SYN = 0x02
_ETHERNET_BYTES = 14
_BUFFER_BYTES = 32 << 20
_LONGEST_BYTES = 1 << 17

Told = tuple[float, str, dict[str, Any]]
_Flow = tuple[int, int]


class _Stream:
    """One direction of a TCP connection, from its SYN on."""

    def __init__(self, first_sequence: int) -> None:
        self._next = first_sequence
        self._decoder: FrameDecoder | None = FrameDecoder()

    def frames(self, sequence: int, data: bytes) -> list[Frame]:
        """What a segment completes; nothing of one that came before, nor after a gap."""
        known = (self._next - sequence) & 0xFFFFFFFF
        if known >= 1 << 31 or self._decoder is None:
            self._decoder = None
            return []
        fresh = data[known:]
        self._next = (self._next + len(fresh)) & 0xFFFFFFFF
        try:
            return self._decoder.feed(fresh) if fresh else []
        except WireError:
            self._decoder = None
            return []


def told(segments: list[tuple[float, bytes]]) -> list[Told]:
    """The messages in Ethernet frames (when, bytes) of the loopback, each when the segment came that completed it."""
    streams: dict[_Flow, _Stream] = {}
    found: list[Told] = []
    for at_s, ethernet in segments:
        packet = ethernet[_ETHERNET_BYTES:]
        header, length = (packet[0] & 15) * 4, int.from_bytes(packet[2:4], "big") or len(packet)
        source, target, sequence = struct.unpack_from("!HHI", packet, header)
        offset, flags = (packet[header + 12] >> 4) * 4, packet[header + 13]
        if flags & _SYN:
            streams[source, target] = _Stream((sequence + 1) & 0xFFFFFFFF)
        elif (stream := streams.get((source, target))) is not None:
            for frame in stream.frames(sequence, packet[header + offset : length]):
                message = decode_message(frame)
                if not isinstance(message, Ping | Pong):
                    found.append((at_s, type(message).__name__, _facts(message)))
    return found


def _facts(message: Message) -> dict[str, Any]:
    """The fields of a message; of samples how many there are, and which of them are loud."""
    facts: dict[str, Any] = {}
    for field in fields(message):  # type: ignore[arg-type]
        value = getattr(message, field.name)
        if isinstance(value, np.ndarray):
            audible = np.flatnonzero(np.abs(value.astype(np.float64)) > (0.01 if value.dtype.kind == "f" else 327))
            facts["count"] = len(value)
            facts["audible"] = [int(audible[0]), int(audible[-1])] if len(audible) else []
        else:
            facts[field.name] = value
    return facts


def _concerns(ethernet: bytes, ports: frozenset[int]) -> bool:
    packet = ethernet[_ETHERNET_BYTES:]
    if len(packet) < 40 or packet[9] != _IP_TCP:
        return False
    source, target = struct.unpack_from("!HH", packet, (packet[0] & 15) * 4)
    return source in ports or target in ports


def main(ports: frozenset[int]) -> None:
    """Listen until standard input ends."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_IP)) as tap:
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        tap.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        tap.bind(("lo", _ETH_P_IP))
        print(json.dumps({"listening": True}), flush=True)
        segments: list[tuple[float, bytes]] = []
        while True:
            readable, _, _ = select.select([tap, sys.stdin], [], [])
            if tap in readable:
                data, ancillary, _, address = tap.recvmsg(_LONGEST_BYTES, socket.CMSG_SPACE(_TIMESPEC.size))
                # The loopback hands every packet over twice: as one that leaves and as one that comes.
                if address[2] != socket.PACKET_OUTGOING and _concerns(data, ports):
                    seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
                    segments.append((seconds + nanoseconds / 1e9, data))
            elif sys.stdin in readable:
                break
    print(json.dumps({"messages": told(segments)}), flush=True)


if __name__ == "__main__":
    main(frozenset(int(port) for port in sys.argv[1:]))
