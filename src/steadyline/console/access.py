"""Who may use the console: the password, the cookie that stands for it, the delay after wrong ones. Time is an argument."""

import hashlib
import hmac
import secrets
from ipaddress import IPv6Address, ip_address

FIRST_DELAY_S = 1.0
MAX_DELAY_S = 60.0
MAX_CLIENTS = 1000
"""Addresses that are remembered for wrong passwords; the one that was wrong longest ago goes first."""
MAX_COOKIE_CHARS = 200


class Access:
    """The password and the sessions of those who gave it.

    Args:
        password: b"": none is asked for.
        session_s: a session ends after this, seconds.

    The cookies' key is drawn anew at each start: a console that was started again asks again.
    """

    def __init__(self, password: bytes, session_s: float) -> None:
        self._password = password
        self._session_s = session_s
        self._key = secrets.token_bytes(32)

    @property
    def is_open(self) -> bool:
        """No password is asked for."""
        return not self._password

    def matches(self, given: str) -> bool:
        """Whether it is the password; takes the same time whatever is wrong with it."""
        return hmac.compare_digest(_digest(given.encode("utf-8", "surrogatepass")), _digest(self._password))

    def cookie(self, now: float) -> str:
        """A new session's value: its end (Unix seconds), a random name, the proof that both are ours."""
        content = f"{int(now + self._session_s)}.{secrets.token_urlsafe(12)}"
        return f"{content}.{self._proof(content)}"

    def admits(self, cookie: str, now: float) -> bool:
        """Whether a cookie is one of ours and its session has not ended."""
        content, _, proof = cookie[:MAX_COOKIE_CHARS].rpartition(".")
        is_ours = hmac.compare_digest(self._proof(content).encode(), proof.encode("utf-8", "surrogatepass"))
        end = content.partition(".")[0]
        return is_ours and end.isdecimal() and now < int(end)

    def _proof(self, content: str) -> str:
        return hmac.new(self._key, content.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


class Delays:
    """How long an address has to wait after wrong passwords: 1 s, then twice as long each time, to 60 s."""

    def __init__(self) -> None:
        self._failures: dict[str, tuple[int, float]] = {}

    def wait_s(self, client: str, now: float) -> float:
        """How long until the address may try again; 0.0: now."""
        _, until = self._failures.get(_place(client), (0, 0.0))
        return max(0.0, until - now)

    def failed(self, client: str, now: float) -> None:
        """It gave a wrong password."""
        place = _place(client)
        count = self._failures.pop(place, (0, 0.0))[0] + 1
        delay_s = min(FIRST_DELAY_S * 2.0 ** min(count - 1, 30), MAX_DELAY_S)
        self._failures[place] = (count, now + delay_s)
        while len(self._failures) > MAX_CLIENTS:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, client: str) -> None:
        """It gave the right one."""
        self._failures.pop(_place(client), None)


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def _place(client: str) -> str:
    """What is counted as one: an address; of IPv6 its /64, which one host has all of."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else client
