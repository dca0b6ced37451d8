"""UDP registration: the datagrams, the polling cadence and the table of who is registered (connections 1 and 2).

A datagram is one line of ASCII, at most 200 bytes: `REGISTER <call_id> <call_uuid>` or `BYE <call_id> <call_uuid>`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from steadyline.errors import WireError

MAX_DATAGRAM_BYTES = 200
MAX_CALL_ID = 0xFFFF
_LINE = re.compile(rb"(REGISTER|BYE) ([0-9]{1,5}) ([0-9A-Za-z-]{1,64})\n?")


@dataclass(frozen=True)
class Registration:
    """What one datagram says.

    Attributes:
        verb: "REGISTER" (this call waits for you) or "BYE" (this call is over).
        call_id: 0-65535.
        call_uuid: tells calls apart that had the same id, 1-64 letters, digits and dashes.
    """

    verb: Literal["REGISTER", "BYE"]
    call_id: int
    call_uuid: str


def encode_registration(registration: Registration) -> bytes:
    """The datagram of a registration."""
    return f"{registration.verb} {registration.call_id} {registration.call_uuid}\n".encode("ascii")


def decode_registration(datagram: bytes) -> Registration:
    """Read a datagram.

    Raises:
        WireError: `bad-datagram`, with what was found.
    """
    match = _LINE.fullmatch(datagram) if len(datagram) <= MAX_DATAGRAM_BYTES else None
    call_id = int(match[2]) if match else -1
    if match is None or call_id > MAX_CALL_ID:
        raise WireError(
            "bad-datagram",
            f"datagram {datagram[:60]!r} is not 'REGISTER <call_id> <call_uuid>' or 'BYE <call_id> <call_uuid>' "
            f"with a call_id of 0 to {MAX_CALL_ID}",
        )
    verb: Literal["REGISTER", "BYE"] = "REGISTER" if match[1] == b"REGISTER" else "BYE"
    return Registration(verb, call_id, match[3].decode("ascii"))


@dataclass(frozen=True)
class RegisterCadence:
    """When REGISTER is sent: at once, then every `fast_interval_s` through `fast_period_s`, then every `slow_interval_s`.

    The defaults are the founding document's: 0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0, … s.
    """

    fast_interval_s: float = 0.2
    fast_period_s: float = 1.0
    slow_interval_s: float = 1.0

    def times(self) -> Iterator[float]:
        """Seconds after the start at which a REGISTER is due, without end."""
        count = math.floor(self.fast_period_s / self.fast_interval_s + 1e-9)
        for step in range(count + 1):
            yield step * self.fast_interval_s
        step = 1
        while True:
            yield count * self.fast_interval_s + step * self.slow_interval_s
            step += 1


class RegistrationTable:
    """Who is registered, by call_id. A registration that is not renewed within `expiry_s` and is not held expires.

    "Held" is the owner's word that a connection of the call is open. Time is an argument everywhere.
    """

    def __init__(self, expiry_s: float) -> None:
        self._expiry_s = expiry_s
        self._entries: dict[int, tuple[str, float]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def uuid_of(self, call_id: int) -> str | None:
        """The call_uuid registered under a call_id."""
        entry = self._entries.get(call_id)
        return entry[0] if entry else None

    def register(self, registration: Registration, now: float) -> Literal["new", "renewed", "replaced"]:
        """Note a REGISTER. Idempotent: the same call again is `renewed`; another call under the same id `replaced` it."""
        known = self.uuid_of(registration.call_id)
        self._entries[registration.call_id] = (registration.call_uuid, now)
        if known is None:
            return "new"
        return "renewed" if known == registration.call_uuid else "replaced"

    def remove(self, registration: Registration) -> bool:
        """Note a BYE; False when that very call is not registered (a late or doubled BYE, which changes nothing)."""
        if self.uuid_of(registration.call_id) != registration.call_uuid:
            return False
        del self._entries[registration.call_id]
        return True

    def hold(self, call_id: int, now: float) -> None:
        """A connection of the call is open now: renew it."""
        if call_id in self._entries:
            self._entries[call_id] = (self._entries[call_id][0], now)

    def expire(self, now: float) -> list[Registration]:
        """Remove and return what was not renewed within `expiry_s`."""
        stale = [
            Registration("BYE", call_id, call_uuid)
            for call_id, (call_uuid, seen) in self._entries.items()
            if now - seen >= self._expiry_s
        ]
        for registration in stale:
            del self._entries[registration.call_id]
        return stale
