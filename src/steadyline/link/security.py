"""What keeps strangers and floods off the links of a process: the shared secret, and how much is taken from whom."""

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from steadyline.clock import Clock
from steadyline.wire.authentication import NONCE_BYTES, Authenticator
from steadyline.wire.messages import Hello
from steadyline.wire.registration import Registration, RegistrationLimits


@dataclass(frozen=True)
class ConnectionLimits:
    """Of one listening port. A connection is half-open from TCP's handshake until its HELLO has come.

    Attributes:
        connections: open at once.
        connections_per_peer: of one address.
        half_open: half-open at once.
        half_open_per_peer: of one address.
    """

    connections: int = 512
    connections_per_peer: int = 256
    half_open: int = 512
    half_open_per_peer: int = 256

    def who_goes(self, waiting: Sequence[str], newcomer: str) -> int | None:
        """Which half-open connection makes room for a newcomer; None when there is room.

        The oldest one of the newcomer's own address, or else of the address that has most: whoever floods pays for it. The
        oldest and not the newcomer, since an honest dialer's HELLO comes within milliseconds and a silent one's never.

        Args:
            waiting: addresses of the half-open connections, oldest first, without the newcomer's.
            newcomer: the address that has come.
        """
        counts = Counter(waiting)
        if counts[newcomer] >= self.half_open_per_peer:
            return waiting.index(newcomer)
        if len(waiting) >= self.half_open:
            return waiting.index(max(counts, key=lambda peer: counts[peer]))
        return None

    def objection(self, connected: Sequence[str], newcomer: str) -> str | None:
        """Why one more connection is not admitted; None when it is. What is open already is never dropped for it.

        Args:
            connected: addresses of the open connections.
            newcomer: the address that wants to be.
        """
        own = sum(peer == newcomer for peer in connected)
        if own >= self.connections_per_peer:
            return f"{own} connections of {newcomer} are open, at most {self.connections_per_peer} are allowed"
        if len(connected) >= self.connections:
            return f"{len(connected)} connections are open, at most {self.connections} are allowed"
        return None


def new_nonce() -> str:
    """128 random bits, in hexadecimal."""
    return secrets.token_hex(NONCE_BYTES)


@dataclass
class Security:
    """A process's rules for its links.

    Attributes:
        authenticator: with the system's shared secret, or without one.
        connections: limits of each listening port.
        registrations: limits of each registration table.
        nonce: makes one that was never there before.
    """

    authenticator: Authenticator = field(default_factory=Authenticator)
    connections: ConnectionLimits = field(default_factory=ConnectionLimits)
    registrations: RegistrationLimits = field(default_factory=RegistrationLimits)
    nonce: Callable[[], str] = new_nonce


class Seal:
    """The shared secret together with a clock: signs what leaves now, judges what comes now.

    Args:
        clock: time.
        security: the process's rules.
    """

    def __init__(self, clock: Clock, security: Security) -> None:
        self._clock = clock
        self._nonce = security.nonce
        self.authenticator = security.authenticator

    def hello(self, hello: Hello, port: int) -> Hello:
        """A HELLO for whoever listens on that port."""
        return self.authenticator.sign_hello(hello, port, self._now_ms(), self._nonce())

    def check_hello(self, hello: Hello, port: int) -> None:
        """Judge a HELLO that came in on that port.

        Raises:
            WireError: it is not to be believed.
        """
        self.authenticator.check_hello(hello, port, self._now_ms(), self._clock.now())

    def registration(self, registration: Registration, port: int) -> Registration:
        """A datagram for whoever listens on that port."""
        return self.authenticator.sign_registration(registration, port, self._now_ms(), self._nonce())

    def check_registration(self, registration: Registration, port: int) -> None:
        """Judge a datagram that came in on that port.

        Raises:
            WireError: it is not to be believed.
        """
        self.authenticator.check_registration(registration, port, self._now_ms(), self._clock.now())

    def _now_ms(self) -> int:
        return round(self._clock.wall() * 1000)
