"""Who may speak: HMAC-SHA256 (RFC 2104) with one shared secret over HELLO, its answers and the datagrams.

What is signed, and what a listener refuses, is in docs/wire-protocol.md, "Proof". Nonces and time are arguments: Unix time
in milliseconds (`at_ms`), by which two hosts can agree on what is fresh, and monotonic seconds (`now`).
"""

import hmac
from dataclasses import fields, replace
from typing import TypeVar

from steadyline.errors import WireError
from steadyline.wire.messages import Hello, Refused, Welcome
from steadyline.wire.nonces import SeenNonces
from steadyline.wire.registration import Registration

NONCE_BYTES = 16
"""Random bytes in a nonce, which travels in hexadecimal."""
MOST_NONCES = 100_000
"""Remembered per generation, some 12 MB. Only who has the secret can add to them."""

Answer = TypeVar("Answer", Welcome, Refused)
Signed = Hello | Welcome | Refused | Registration


def signed_bytes(message: Signed, *context: str | int) -> bytes:
    """What a mac is made of: the kind of message, `context`, then every field but the mac itself, in the table's order.

    Each part is UTF-8 behind its length in 4 bytes (network byte order), so that no two messages are the same bytes. A
    number is its decimal digits; a position is the number of its names, then each name with its number, sorted.
    """
    parts: list[str | int] = [type(message).__name__, *context]
    for item in fields(message):
        value = getattr(message, item.name)
        if isinstance(value, dict):
            parts += [len(value), *(part for entry in sorted(value.items()) for part in entry)]
        elif item.name != "mac":
            parts.append(value)
    encoded = (str(part).encode("utf-8", "replace") for part in parts)
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


class Authenticator:
    """Signs what this process says first, and judges what it is told first. Without a secret it does neither.

    Args:
        secret: shared by all processes of the system; b"" for none.
        started_at_ms: Unix time of this process's start, ms: what is older it may have seen and forgotten.
        tolerance_s: how old, or early, a HELLO or a datagram may be.
    """

    def __init__(self, secret: bytes = b"", started_at_ms: int = 0, tolerance_s: float = 30.0) -> None:
        self._secret = secret
        self._started_at_ms = started_at_ms
        self._tolerance_ms = round(tolerance_s * 1000)
        # What is early by the tolerance stays fresh for twice as long.
        self._seen = SeenNonces(2 * tolerance_s, MOST_NONCES)

    def __repr__(self) -> str:
        return f"<Authenticator {'with' if self._secret else 'without'} a secret, {len(self._seen)} nonces>"

    def sign_hello(self, hello: Hello, port: int, at_ms: int, nonce: str) -> Hello:
        """A dialer's HELLO, for the listener on that port."""
        if not self._secret:
            return hello
        dated = replace(hello, time_ms=at_ms, nonce=nonce)
        return replace(dated, mac=self._mac(dated, port))

    def check_hello(self, hello: Hello, port: int, at_ms: int, now: float) -> None:
        """Judge a HELLO that came in on that port; a good one is good once.

        Raises:
            WireError: `unauthenticated`, `bad-mac`, `stale`, `replay`, or `too-many` (nonces).
        """
        self._check(hello, port, at_ms, now)

    def sign_registration(self, registration: Registration, port: int, at_ms: int, nonce: str) -> Registration:
        """A datagram, for the listener on that port; each is signed anew."""
        if not self._secret:
            return registration
        dated = replace(registration, time_ms=at_ms, nonce=nonce)
        return replace(dated, mac=self._mac(dated, port))

    def check_registration(self, registration: Registration, port: int, at_ms: int, now: float) -> None:
        """As `check_hello`, for a datagram."""
        self._check(registration, port, at_ms, now)

    def sign_answer(self, answer: Answer, hello: Hello) -> Answer:
        """A listener's answer to a HELLO; its mac covers the HELLO's, and so the nonce."""
        if not self._secret:
            return answer
        return replace(answer, mac=self._mac(answer, hello.mac))

    def check_answer(self, answer: Welcome | Refused, hello: Hello) -> None:
        """Judge the answer to a HELLO of ours.

        Raises:
            WireError: `unauthenticated` or `bad-mac`.
        """
        if self._secret:
            self._check_mac(answer, hello.mac)

    def _check(self, message: Hello | Registration, port: int, at_ms: int, now: float) -> None:
        if not self._secret:
            return
        self._check_mac(message, port)
        self._check_time(message, at_ms)
        what = type(message).__name__
        if self._seen.is_known(message.nonce, now):
            raise WireError("replay", f"{what} was seen before: each is good once")
        if self._seen.is_full:
            raise WireError(
                "too-many", f"{MOST_NONCES} greetings came within {self._tolerance_ms / 500:g} s: try later"
            )
        self._seen.note(message.nonce)

    def _check_mac(self, message: Signed, context: str | int) -> None:
        what = type(message).__name__
        if not message.mac:
            raise WireError(
                "unauthenticated", f"{what} without a mac: set network.secret_file to the same secret on both sides"
            )
        if not hmac.compare_digest(self._mac(message, context).encode(), message.mac.encode("utf-8", "replace")):
            raise WireError(
                "bad-mac",
                f"the mac of {what} is wrong: network.secret_file holds another secret there, or it was changed on its way",
            )

    def _check_time(self, message: Hello | Registration, at_ms: int) -> None:
        age_ms = at_ms - message.time_ms
        what = type(message).__name__
        if abs(age_ms) > self._tolerance_ms:
            raise WireError(
                "stale",
                f"{what} is {age_ms / 1000:.1f} s old by this clock, at most {self._tolerance_ms / 1000:g} s either way "
                "are allowed: set both clocks right",
            )
        if message.time_ms < self._started_at_ms:
            raise WireError("stale", f"{what} is older than this process, which cannot know whether it was seen before")

    def _mac(self, message: Signed, context: str | int) -> str:
        return hmac.digest(self._secret, signed_bytes(message, context), "sha256").hex()
