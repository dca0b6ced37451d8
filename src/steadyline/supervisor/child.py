"""When a child process is started again: a state machine without processes or clocks (time is an argument)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from steadyline.errors import CannotRunError, EngineFrozenError


class ChildState(Enum):
    """Where a child is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    FATAL = "fatal"


UNUSABLE_EXIT_CODE = CannotRunError.exit_code
"""A service that ends with this has a configuration, a model or a port that no restart mends."""
FROZEN_EXIT_CODE = EngineFrozenError.exit_code
"""A service ends with this after it has killed its frozen engine."""
MAX_DOUBLINGS = 60
"""More would not fit into a number, and are beyond every cap."""


@dataclass(frozen=True)
class RestartPolicy:
    """How fast and how often a child is started again.

    Attributes:
        delay_s: before the second restart in a row; doubles each time. The first is at once. Half of each delay is fixed,
            half random, that two services which fell together do not get up together again and again.
        max_delay_s: cap of that delay.
        stable_after_s: a child that ran so long counts as sound again.
        budget: restarts within `window_s`; one more failure is FATAL.
        window_s: measured while the child runs: the delays between would stretch any crash loop beyond it.
    """

    delay_s: float = 0.5
    max_delay_s: float = 10.0
    stable_after_s: float = 10.0
    budget: int = 12
    window_s: float = 60.0


class Child:
    """One supervised service.

    Args:
        name: for people.
        policy: see there.
        random: floats in [0, 1) for the delays.

    Attributes:
        state: where it is.
        restarts: how often it was started again.
        freezes: how many of them because it, or its engine, had frozen.
        start_at: when it is to be started, while it waits.
        ending: how it ended the latest time, for people; "" before.
    """

    def __init__(self, name: str, policy: RestartPolicy, random: Callable[[], float]) -> None:
        self.name = name
        self.state = ChildState.WAITING
        self.restarts = 0
        self.freezes = 0
        self.start_at = 0.0
        self.ending = ""
        self._policy = policy
        self._random = random
        self._started_at = 0.0
        self._heard_until: float | None = None
        self._found = ""
        self._has_served = False
        self._is_wanted_anew = False
        # A clock that goes while the child runs, and the failures on it that count.
        self._ran_s = 0.0
        self._failures: list[float] = []

    def __repr__(self) -> str:
        return f"<Child {self.name} {self.state.value} restarts={self.restarts}>"

    @property
    def is_fatal(self) -> bool:
        """It is not started again."""
        return self.state is ChildState.FATAL

    @property
    def has_spent_budget(self) -> bool:
        """It is FATAL because it failed too often."""
        return self.is_fatal and len(self._failures) > self._policy.budget

    @property
    def verdict(self) -> str:
        """Why it is FATAL, for people."""
        if self.has_spent_budget:
            return f"failed {len(self._failures)} times within {self._policy.window_s:g} s of running; {self.ending}"
        return f"{self.ending} and cannot run like this"

    def started(self, now: float) -> None:
        """The process runs."""
        self.state = ChildState.RUNNING
        self._started_at = now
        self._heard_until = None
        self._found = ""

    def served(self) -> None:
        """It was ready. From now on whatever ends it is taken as passing (a port of its own dying predecessor, a
        configuration file that is being edited), and it is started again: calls may be under way.
        """
        self._has_served = True

    def froze(self, found: str, heard_at: float | None) -> None:
        """It is frozen, is being killed, and will be reported by `exited`.

        Args:
            found: what was found, for people.
            heard_at: until when it was sound; None: never in this run.
        """
        self._found = found
        self._heard_until = self._started_at if heard_at is None else heard_at

    def wanted_anew(self, now: float) -> None:
        """An operator wants it started again: its next end is none of its failures. A FATAL one waits to be started."""
        if self.is_fatal:
            self._failures.clear()
            self.state, self.start_at = ChildState.WAITING, now
        else:
            self._is_wanted_anew = True

    def exited(self, code: int, now: float) -> None:
        """The process ended: decide when it is started again.

        Args:
            code: its exit status, or minus the number of the signal.
            now: time, seconds.
        """
        is_wanted_anew, self._is_wanted_anew = self._is_wanted_anew, False
        if is_wanted_anew:
            self.ending = "ended as an operator wished"
            self.restarts += 1
            self.state, self.start_at = ChildState.WAITING, now
            return
        how = f"killed by signal {-code}" if code < 0 else f"ended with status {code}"
        self.ending = f"{self._found} and was killed" if self._found else how
        if code == UNUSABLE_EXIT_CODE and not self._has_served:
            self.state = ChildState.FATAL
            return
        sound_until = now if self._heard_until is None else self._heard_until
        has_frozen = bool(self._found) or code == FROZEN_EXIT_CODE
        self._fail(sound_until - self._started_at, now, has_frozen=has_frozen)

    def failed_to_start(self, reason: str, now: float) -> None:
        """No process came about, say for want of memory."""
        self.ending = f"could not be started: {reason}"
        self._fail(0.0, now, has_frozen=False)

    def stopped(self) -> None:
        """It was ended on purpose."""
        self.state = ChildState.STOPPED

    def _fail(self, ran_s: float, now: float, *, has_frozen: bool) -> None:
        if ran_s >= self._policy.stable_after_s:
            self._failures.clear()
        self._ran_s += ran_s
        oldest = self._ran_s - self._policy.window_s
        self._failures = [*(at for at in self._failures if at > oldest), self._ran_s]
        if len(self._failures) > self._policy.budget:
            self.state = ChildState.FATAL
            return
        self.restarts += 1
        self.freezes += has_frozen
        self.state = ChildState.WAITING
        # Finding out that it had frozen was delay enough.
        self.start_at = now if has_frozen else now + self._delay_s()

    def _delay_s(self) -> float:
        in_a_row = len(self._failures) - 1
        if in_a_row == 0:
            return 0.0
        doublings = min(in_a_row - 1, MAX_DOUBLINGS)
        longest_s = min(self._policy.delay_s * 2.0**doublings, self._policy.max_delay_s)
        return longest_s * (0.5 + 0.5 * self._random())
