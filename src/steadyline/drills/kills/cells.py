"""What is done to the system, and when: the matrix of the drill, and the faults that are listed apart."""

import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatch
from itertools import combinations, pairwise

from steadyline.errors import ConfigError

SERVICES = ("inbound", "whisper", "llama", "tts", "outbound")
"""Every service but the gateway, whose death ends its calls; "tts" is the voice, whatever its name."""
STANDBY = "standby"
"""Another voice, which some of the faults that are listed apart strike, too."""
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
MATRIX = "matrix"


class Moment(StrEnum):
    """Where in a turn the (first) signal strikes."""

    IDLE = "idle"
    SPEAKING = "speaking"
    TRANSCRIBING = "transcribing"
    FIRST_CLAUSE = "first-clause"
    PLAYBACK = "playback"


MOMENT_TEXTS = {
    Moment.IDLE: "call idle",
    Moment.SPEAKING: "caller speaking",
    Moment.TRANSCRIBING: "transcribing",
    Moment.FIRST_CLAUSE: "first clause being made",
    Moment.PLAYBACK: "in the middle of playback",
}


REPEATED_CLAUSE = "the clause under way was said again: its voice and outbound are both new"


@dataclass(frozen=True)
class Strike:
    """A signal to some services at once.

    Attributes:
        services: of `SERVICES`, or `STANDBY`.
        signal: "kill" or "stop".
        after_s: seconds after the moment, or after the strike before; None: as soon as those services are ready again.
    """

    services: tuple[str, ...]
    signal: str
    after_s: float | None = 0.0


@dataclass(frozen=True)
class Cell:
    """One call with what is done in it.

    Attributes:
        name: unique, e.g. "llama/playback/kill".
        group: "matrix", or the kind of fault that is listed apart.
        moment: when the first strike falls; the others follow.
        strikes: in their order.
    """

    name: str
    group: str
    moment: Moment
    strikes: tuple[Strike, ...]

    @property
    def services(self) -> frozenset[str]:
        """Whoever is struck."""
        return frozenset(service for strike in self.strikes for service in strike.services)

    @property
    def limit(self) -> str:
        """What may be repeated, since nobody has it any more, in words; "" for nothing."""
        voices_and_outbound = {"tts", "outbound"} <= self.services
        return REPEATED_CLAUSE if voices_and_outbound and self.moment is Moment.PLAYBACK else ""

    @property
    def signals(self) -> frozenset[str]:
        """What they are struck with."""
        return frozenset(strike.signal for strike in self.strikes)


def matrix() -> list[Cell]:
    """The fifty cells; neighbours in the list strike different services, so that each has time to become sound again."""
    return [
        Cell(f"{service}/{moment}/{name}", MATRIX, moment, (Strike((service,), name),))
        for name in SIGNALS
        for moment in Moment
        for service in SERVICES
    ]


def faults_apart() -> list[Cell]:
    """Double and triple faults: the same service twice, two at once, all at once, one while another recovers."""
    return [*_twice(), *_two_at_once(), *_all_at_once(), *_in_recovery()]


def _twice() -> Iterator[Cell]:
    for moment in (Moment.TRANSCRIBING, Moment.PLAYBACK):
        for service in SERVICES:
            strikes = (Strike((service,), "kill"), Strike((service,), "kill", None))
            yield Cell(f"twice/{service}/{moment}", "the same service twice", moment, strikes)


def _two_at_once() -> Iterator[Cell]:
    for moment in (Moment.TRANSCRIBING, Moment.PLAYBACK):
        for pair in (*combinations(SERVICES, 2), ("tts", STANDBY)):
            yield Cell(f"two/{'+'.join(pair)}/{moment}", "two services at once", moment, (Strike(pair, "kill"),))


def _all_at_once() -> Iterator[Cell]:
    for moment in Moment:
        yield Cell(f"all/{moment}", "all but the gateway at once", moment, (Strike((*SERVICES, STANDBY), "kill"),))


RECOVERING_S = 0.4
"""A service that was killed this long ago has been started again and is not ready yet."""


def _in_recovery() -> Iterator[Cell]:
    for upper, lower in pairwise(SERVICES):
        moment = Moment.PLAYBACK if {upper, lower} <= {"llama", "tts", "outbound"} else Moment.TRANSCRIBING
        for first, second in ((upper, lower), (lower, upper)):
            strikes = (Strike((first,), "kill"), Strike((second,), "kill", RECOVERING_S))
            yield Cell(f"recovery/{first}+{second}/{moment}", "one while its neighbour recovers", moment, strikes)


def without_standby(cells: Sequence[Cell]) -> list[Cell]:
    """The same for a system that has no standby."""
    return [
        replace(cell, strikes=tuple(replace(one, services=_but_standby(one.services)) for one in cell.strikes))
        for cell in cells
        if not cell.name.startswith(f"two/tts+{STANDBY}")
    ]


def _but_standby(services: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(service for service in services if service != STANDBY)


def select(
    patterns: Sequence[str], services: Sequence[str] = (), moments: Sequence[str] = (), signals: Sequence[str] = ()
) -> list[Cell]:
    """The cells that are asked for.

    Args:
        patterns: names with `*` and `?`, or "matrix", "apart", "all"; none: the matrix.
        services, moments, signals: only cells with one of these; none: any.

    Raises:
        ConfigError: a pattern that no cell has, or nothing is left.
    """
    groups = {MATRIX: matrix(), "apart": faults_apart(), "all": [*matrix(), *faults_apart()]}
    chosen: dict[str, Cell] = {}
    for pattern in patterns or (MATRIX,):
        found = groups.get(pattern) or [cell for cell in groups["all"] if fnmatch(cell.name, pattern)]
        if not found:
            raise ConfigError(
                f"--cells: no cell is called {pattern!r}; names are like {groups['all'][0].name}, twice/tts/*"
            )
        chosen |= {cell.name: cell for cell in found}
    kept = [
        cell
        for cell in chosen.values()
        if (not services or cell.services & set(services))
        and (not moments or cell.moment in moments)
        and (not signals or cell.signals & set(signals))
    ]
    if not kept:
        raise ConfigError("no cell is left: --cells, --service, --moment and --signal exclude each other")
    return kept
