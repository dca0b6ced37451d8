"""The gateway's only timer: a tick every frame for all calls, fewer while every call is quiet or many are there."""

from collections.abc import Callable, Mapping

from steadyline.clock import Clock, TimerHandle

NO_CALL = "none"
BUSY = "busy"


class Ticker:
    """Calls `tick` again after the time that belongs to what `tick` said.

    Waking up is what a call costs: measured, a tick that finds its caches cold takes 0.5 ms, and so does every process
    that a frame is passed on to.

    Args:
        clock: time.
        frames_ms: milliseconds to the next tick by what `tick` returns; none is shorter than that of `BUSY`.
        tick: does the work; returns `NO_CALL` when there is no call to tick for.
    """

    def __init__(self, clock: Clock, frames_ms: Mapping[str, int], tick: Callable[[], str]) -> None:
        self._clock = clock
        self._frames_s = {state: max(frame_ms, frames_ms[BUSY]) / 1000 for state, frame_ms in frames_ms.items()}
        self._tick = tick
        self._due = 0.0
        self._timer: TimerHandle | None = None

    def wake(self) -> None:
        """There is something to do: tick within a frame."""
        due = self._clock.now() + self._frames_s[BUSY]
        if self._timer is None or due < self._due:
            self._arm(due)

    def stop(self) -> None:
        """Tick no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due: float) -> None:
        self.stop()
        self._due = due
        self._timer = self._clock.call_at(due, self._run)

    def _run(self) -> None:
        self._timer = None
        state = self._tick()
        if state != NO_CALL and self._timer is None:
            self._arm(max(self._due + self._frames_s[state], self._clock.now()))
