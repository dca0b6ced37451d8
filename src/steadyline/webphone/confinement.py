"""Only browsers on this machine can reach a call's media, under whichever of the machine's addresses.

Chromium comes to 127.0.0.1, from whatever address. Firefox pairs the loopback's address with no other, and has none of the
loopback to pair it with (seen: Firefox 153); it comes to the address that the machine has outside. So both are offered, and what
does not come from an address of this machine is dropped unread. Nobody else can send from one: the kernel takes such a packet
from outside for a martian (RFC 1812, 5.3.7).
"""

import socket
from collections.abc import Callable
from typing import Any

import aioice.ice
import psutil
from aiortc import RTCPeerConnection

LOOPBACK = "127.0.0.1"

Receive = Callable[[bytes, tuple[str, int]], None]


def offered_addresses() -> list[str]:
    """The loopback's address, and ours on the interface of the default route if there is one."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address that belongs to nobody; nothing is sent
        except OSError:
            return [LOOPBACK]
        return list(dict.fromkeys([LOOPBACK, str(probe.getsockname()[0])]))


def _host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    return offered_addresses()


# The stack would offer every address but the loopback's, and has no setting for it.
aioice.ice.get_host_addresses = _host_addresses


def confine(peer: RTCPeerConnection) -> None:
    """Let the sockets of a connection receive from this machine only; call it before the other side is told of them."""
    here = frozenset(one.address for found in psutil.net_if_addrs().values() for one in found)
    transports = [transceiver.receiver.transport for transceiver in peer.getTransceivers()]
    if peer.sctp is not None:
        transports.append(peer.sctp.transport)
    # One for all, as a rule (BUNDLE, RFC 8843).
    for transport in set(transports):
        # The stack shows its ICE transport, and not the sockets of it.
        gatherer: Any = transport.transport.iceGatherer
        for protocol in gatherer._connection._protocols:
            protocol.datagram_received = received_from(here, protocol.datagram_received)


def received_from(addresses: frozenset[str], receive: Receive) -> Receive:
    """`receive` for datagrams from these addresses; others are dropped."""

    def filtered(data: bytes, address: tuple[str, int]) -> None:
        if address[0] in addresses:
            receive(data, address)

    return filtered
