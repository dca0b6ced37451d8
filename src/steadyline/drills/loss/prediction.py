"""What the cadence of REGISTER predicts: when a call is connected, if each datagram is lost with the same probability."""

import itertools
from collections.abc import Sequence

from steadyline.wire.registration import RegisterCadence

CERTAINTY = 1e-9


def connected_by(cadence: RegisterCadence, lost: float, registrations: int = 1) -> list[tuple[float, float]]:
    """The distribution of the time to connect, without the network's own time.

    A registration is made by the first of its datagrams that arrives: after k of them it is made with probability 1 - lost^k.
    A call is connected when each of its registrations is; they are lost independently.

    Args:
        cadence: when REGISTERs leave.
        lost: share of datagrams that are lost, 0 to 1 exclusive.
        registrations: that a call waits for.

    Returns:
        (seconds, probability to be connected by then) for each time at which one leaves, until it is all but certain.

    Raises:
        ValueError: a share that is none.
    """
    if not 0.0 <= lost < 1.0:
        raise ValueError(f"share of lost datagrams is {lost}, expected 0 to 1, 1 excluded")
    distribution: list[tuple[float, float]] = []
    for sent, at_s in enumerate(cadence.times(), 1):
        distribution.append((at_s, float((1.0 - lost**sent) ** registrations)))
        if distribution[-1][1] > 1.0 - CERTAINTY:
            return distribution
    raise AssertionError("the cadence has no end")


def share_by(distribution: Sequence[tuple[float, float]], at_s: float) -> float:
    """The probability to be connected by `at_s` seconds, of what `connected_by` gave."""
    known = itertools.takewhile(lambda step: step[0] <= at_s + 1e-9, distribution)
    return max((share for _, share in known), default=0.0)


def quantile(distribution: Sequence[tuple[float, float]], share: float) -> float:
    """By when so much of the calls is connected, seconds."""
    return next((at_s for at_s, reached in distribution if reached >= share), distribution[-1][0])
