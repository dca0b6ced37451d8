"""A caller's socket: what it takes for a packet of its call."""

import asyncio
import socket
import struct

from steadyline.bench.capacity.caller import Caller
from steadyline.bench.capacity.talk import Talk

LOOPBACK = ("127.0.0.1", 5060)
SPEECH = bytes(160)
FIRST = 20_000


def rtp(sequence: int) -> bytes:
    return struct.pack("!BBHII", 0x80, 0, sequence, 0, 1) + SPEECH


def sender_report() -> bytes:
    """RFC 3550, 6.4.1: where RTP has its sequence number there is the length."""
    return struct.pack("!BBHIIIIII", 0x80, 200, 6, 1, 0, 0, 0, 0, 0)


def test_the_rtcp_of_a_neighbouring_call_is_no_packet_of_this_one() -> None:
    async def scenario() -> None:
        caller = Caller(LOOPBACK, LOOPBACK, "a@b", lambda now: Talk([SPEECH], lambda: 0.5, now))
        caller.answered(9)
        port = int(caller.dialog.invite().decode().split("m=audio ")[1].split()[0])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            for packet in (rtp(FIRST), sender_report(), b"\x80", rtp(FIRST + 1)):
                other.sendto(packet, ("127.0.0.1", port))
        # All of them are in the socket by now, and each turn of the loop reads one.
        for _ in range(20):
            await asyncio.sleep(0)
        caller.close()
        assert (caller.reception.packets, caller.reception.lost) == (2, 0)

    asyncio.run(scenario())
