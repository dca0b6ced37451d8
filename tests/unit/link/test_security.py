"""Who goes when too many connections are half-open, and who is not admitted when too many are open."""

import random
from collections import Counter

import pytest

from steadyline.link.security import ConnectionLimits, new_nonce

LIMITS = ConnectionLimits(connections=6, connections_per_peer=4, half_open=6, half_open_per_peer=4)
A, B, C, D = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"


@pytest.mark.parametrize(
    ("waiting", "newcomer", "goes"),
    [
        ([], A, None),
        ([A, A, A], A, None),
        ([A, A, A, B, B], B, None),
        ([B, A, A, B, A, A], A, 1),
        ([A, A, A, A], B, None),
        ([B, A, A, C, A, B], D, 1),
        ([A, B, A, B, A, B], C, 0),
    ],
)
def test_the_oldest_of_its_own_address_or_of_the_one_that_has_most(
    waiting: list[str], newcomer: str, goes: int | None
) -> None:
    assert LIMITS.who_goes(waiting, newcomer) == goes


def test_a_flood_of_one_address_costs_no_other_one_its_place() -> None:
    """An honest dialer is half-open for a while that many of the flood's connections fall into."""
    rng, limits, waiting = random.Random(1), ConnectionLimits(), [B, C]
    for _ in range(20_000):
        newcomer = rng.choice([A] * 20 + [D])
        goes = limits.who_goes(waiting, newcomer)
        if goes is not None:
            assert waiting.pop(goes) in (A, D)
        waiting.append(newcomer)
    counts = Counter(waiting)
    assert counts[B] == counts[C] == 1
    assert counts[A] == limits.half_open_per_peer and len(waiting) == limits.half_open


@pytest.mark.parametrize(
    ("connected", "newcomer", "words"),
    [
        ([], A, None),
        ([A, A, A, B], A, None),
        ([A, A, A, A], A, ["4 connections of 192.0.2.1", "at most 4"]),
        ([A, A, A, A], B, None),
        ([A, A, A, B, B, B], C, ["6 connections are open", "at most 6"]),
    ],
)
def test_a_connection_too_many_is_told_why(connected: list[str], newcomer: str, words: list[str] | None) -> None:
    text = LIMITS.objection(connected, newcomer)
    assert (text is None) == (words is None)
    assert [word for word in words or [] if word not in (text or "")] == []


def test_nonces_differ_and_fit_into_a_datagram() -> None:
    nonces = {new_nonce() for _ in range(1000)}
    assert len(nonces) == 1000 and {len(nonce) for nonce in nonces} == {32}
