"""UDP registration: the datagrams, the polling cadence and the table of who is registered (connections 1 and 2).

A datagram is one line of ASCII, at most 200 bytes: `REGISTER <call_id> <call_uuid>` or `BYE <call_id> <call_uuid>`, with a
shared secret followed by `<time_ms> <nonce> <mac>`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from steadyline.errors import WireError

MAX_DATAGRAM_BYTES = 200
MAX_CALL_ID = 0xFFFF

Sender = tuple[str, int]
"""Address and UDP port that a datagram came from."""

_LINE = re.compile(
    rb"(REGISTER|BYE) ([0-9]{1,5}) ([0-9A-Za-z-]{1,64})(?: ([0-9]{1,15}) ([0-9a-f]{32}) ([0-9a-f]{64}))?\n?"
)


@dataclass(frozen=True)
class Registration:
    """What one datagram says.

    Attributes:
        verb: "REGISTER" (this call waits for you) or "BYE" (this call is over).
        call_id: 0-65535.
        call_uuid: tells calls apart that had the same id, 1-64 letters, digits and dashes.
        time_ms, nonce, mac: the proof of the shared secret (`wire/authentication.py`); 0, "" and "" without one.
    """

    verb: Literal["REGISTER", "BYE"]
    call_id: int
    call_uuid: str
    time_ms: int = 0
    nonce: str = ""
    mac: str = ""


def encode_registration(registration: Registration) -> bytes:
    """The datagram of a registration."""
    proof = f" {registration.time_ms} {registration.nonce} {registration.mac}" if registration.mac else ""
    return f"{registration.verb} {registration.call_id} {registration.call_uuid}{proof}\n".encode("ascii")


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
            f"with a call_id of 0 to {MAX_CALL_ID}, alone or with '<time_ms> <nonce> <mac>' behind it",
        )
    verb: Literal["REGISTER", "BYE"] = "REGISTER" if match[1] == b"REGISTER" else "BYE"
    call_uuid, nonce, mac = ((match[number] or b"").decode("ascii") for number in (3, 5, 6))
    return Registration(verb, call_id, call_uuid, int(match[4] or 0), nonce, mac)


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


@dataclass(frozen=True)
class RegistrationLimits:
    """How many calls a table takes. A call is proven once a TCP connection of it was open: then it is no invention.

    Attributes:
        calls: registered at once.
        unproven: of them, calls that no connection has proven; one that is over counts on until it would have expired,
            so this many new ones come within that time.
        unproven_per_sender: the same for one sender (address and port), so that none takes the others' places.
    """

    calls: int = 1000
    unproven: int = 256
    unproven_per_sender: int = 64


@dataclass
class _Entry:
    call_uuid: str
    sender: Sender
    began_at: float
    seen_at: float
    is_proven: bool


class RegistrationTable:
    """Who is registered, by call_id. A registration that is not renewed within `expiry_s` and is not held expires.

    "Held" is the owner's word that a connection of the call is open. Time is an argument everywhere.
    """

    def __init__(self, expiry_s: float, limits: RegistrationLimits | None = None) -> None:
        self._expiry_s = expiry_s
        self._limits = limits or RegistrationLimits()
        self._entries: dict[int, _Entry] = {}
        self._gone: list[_Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def uuid_of(self, call_id: int) -> str | None:
        """The call_uuid registered under a call_id."""
        entry = self._entries.get(call_id)
        return entry.call_uuid if entry else None

    def register(
        self, registration: Registration, sender: Sender, now: float, *, is_proven: bool = False
    ) -> Literal["new", "renewed", "replaced"]:
        """Note a REGISTER. Idempotent: the same call again is `renewed`; another call under the same id `replaced` it.

        Args:
            registration: what came.
            sender: who sent it.
            now: seconds.
            is_proven: the owner has a connection of this call already.

        Raises:
            WireError: `taken`: the id is that of a proven call, which has neither ended nor expired; `too-many`. Nothing
                has changed; a processor that is real sends again.
        """
        known = self._entries.get(registration.call_id)
        if known is not None and known.call_uuid == registration.call_uuid:
            known.seen_at, known.is_proven = now, known.is_proven or is_proven
            return "renewed"
        if known is not None and known.is_proven and now - known.seen_at < self._expiry_s:
            raise WireError("taken", f"call id {registration.call_id} is that of a call which is under way")
        if not is_proven:
            self._check_room(sender, now)
        if known is not None:
            self._forget(registration.call_id)
        self._entries[registration.call_id] = _Entry(registration.call_uuid, sender, now, now, is_proven)
        return "new" if known is None else "replaced"

    def remove(self, registration: Registration) -> bool:
        """Note a BYE; False when that very call is not registered (a late or doubled BYE, which changes nothing)."""
        if self.uuid_of(registration.call_id) != registration.call_uuid:
            return False
        self._forget(registration.call_id)
        return True

    def prove(self, call_id: int, call_uuid: str) -> None:
        """A connection of the call was opened: it is no invention."""
        if self.uuid_of(call_id) == call_uuid:
            self._entries[call_id].is_proven = True

    def hold(self, call_id: int, call_uuid: str, now: float) -> None:
        """The connection that the registration was for is open now: renew it; it is proven."""
        self.prove(call_id, call_uuid)
        if self.uuid_of(call_id) == call_uuid:
            self._entries[call_id].seen_at = now

    def expire(self, now: float) -> list[Registration]:
        """Remove and return what was not renewed within `expiry_s`."""
        stale = [
            Registration("BYE", call_id, entry.call_uuid)
            for call_id, entry in self._entries.items()
            if now - entry.seen_at >= self._expiry_s
        ]
        for registration in stale:
            self._forget(registration.call_id)
        return stale

    def _forget(self, call_id: int) -> None:
        entry = self._entries.pop(call_id)
        if not entry.is_proven:
            self._gone.append(entry)

    def _check_room(self, sender: Sender, now: float) -> None:
        """Whether one more call that nothing proves may be noted."""
        self._gone = [entry for entry in self._gone if now - entry.began_at < self._expiry_s]
        unproven = [entry.sender for entry in (*self._entries.values(), *self._gone) if not entry.is_proven]
        counts = (
            (len(self._entries), self._limits.calls, "calls are registered"),
            (len(unproven), self._limits.unproven, "calls wait for their first connection"),
            (unproven.count(sender), self._limits.unproven_per_sender, "calls of this sender wait for their first one"),
        )
        for count, most, what in counts:
            if count >= most:
                raise WireError("too-many", f"{count} {what}, at most {most} are allowed")
