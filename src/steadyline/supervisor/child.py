"""When a child process is started again: a state machine without processes or clocks (time is an argument)."""

from dataclasses import dataclass
from enum import Enum


class ChildState(Enum):
    """Where a child is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    FATAL = "fatal"


UNUSABLE_EXIT_CODE = 2
"""A service that ends with this has a configuration, a model or a port that no restart mends."""


@dataclass(frozen=True)
class RestartPolicy:
    """How fast a child is started again.

    Attributes:
        delay_s: before the second restart in a row; doubles each time. The first is at once.
        max_delay_s: cap of that delay.
        stable_after_s: a child that ran so long counts as sound again.
    """

    delay_s: float = 0.5
    max_delay_s: float = 10.0
    stable_after_s: float = 30.0


class Child:
    """One supervised service."""

    def __init__(self, name: str, policy: RestartPolicy) -> None:
        self.name = name
        self.state = ChildState.WAITING
        self.restarts = 0
        self.start_at = 0.0
        self._policy = policy
        self._started_at = 0.0
        self._failures = 0
        self._has_served = False

    def __repr__(self) -> str:
        return f"<Child {self.name} {self.state.value} restarts={self.restarts}>"

    @property
    def is_fatal(self) -> bool:
        """No restart would mend it."""
        return self.state is ChildState.FATAL

    def started(self, now: float) -> None:
        """The process runs."""
        self.state = ChildState.RUNNING
        self._started_at = now

    def served(self) -> None:
        """It was ready. From now on whatever ends it is taken as passing (a port of its own dying predecessor, a
        configuration file that is being edited), and it is started again and again: calls may be under way.
        """
        self._has_served = True

    def exited(self, code: int, now: float) -> None:
        """The process ended by itself: decide when it is started again."""
        if code == UNUSABLE_EXIT_CODE and not self._has_served:
            self.state = ChildState.FATAL
            return
        self._failures = 0 if now - self._started_at >= self._policy.stable_after_s else self._failures
        delay_s = 0.0 if self._failures == 0 else self._policy.delay_s * 2.0 ** (self._failures - 1)
        self._failures += 1
        self.restarts += 1
        self.state = ChildState.WAITING
        self.start_at = now + min(delay_s, self._policy.max_delay_s)

    def stopped(self) -> None:
        """It was ended on purpose."""
        self.state = ChildState.STOPPED
