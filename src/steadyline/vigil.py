"""When a process counts as frozen: a state machine without processes or clocks (time is an argument)."""

from dataclasses import dataclass

from steadyline.process_state import STOPPED, WAITING_FOR_DISK

ROUNDING_S = 1e-6
"""A sum of steps may miss a bound by this; it must not cost another step."""


@dataclass(frozen=True)
class Patience:
    """How long a process may be silent, in seconds.

    Attributes:
        stopped_s: while it is stopped.
        silent_s: while it is not, once it was heard or asked.
        start_s: while it is not, before that.
    """

    stopped_s: float = 1.25
    silent_s: float = 5.0
    start_s: float = 30.0


class Vigil:
    """Watches over one process.

    Only time in which the watcher itself ran counts: a busy machine, a suspended one or a watcher that was stopped
    along with the process must not cost a sound process its life. So no step from check to check counts for more than
    `longest_step_s`. Nor does silence while the process waits for a disk (state D): that is the machine's fault, a restart
    would only read more, and the kernel would not let it die anyway.

    Args:
        now: time of the process's start, seconds.
        patience: what it may do.
        longest_step_s: a little more than the interval of the checks.
    """

    def __init__(self, now: float, patience: Patience, longest_step_s: float) -> None:
        self._patience = patience
        self._longest_step_s = longest_step_s
        self._checked_at = now
        self._heard_at: float | None = None
        self._is_stopped = False
        self._stopped_s = 0.0
        self._silent_s = 0.0

    def check(self, now: float, state: str, heard_at: float | None) -> str:
        """Look again.

        Args:
            now: time, seconds.
            state: the kernel's word for it, see `process_state`.
            heard_at: when it was heard last, or asked for what it still owes, on the scale of `now`; None: it owes nothing, or
                was never heard yet.

        Returns:
            "" while all is well, else what is wrong, for people: "was stopped (state T) for 1.3 s".
        """
        step_s = min(max(0.0, now - self._checked_at), self._longest_step_s)
        self._checked_at = now
        is_silent = heard_at == self._heard_at
        # What was waited for has come: whoever answers is not stopped. That something is waited for from now on is no answer.
        has_answered = not is_silent and self._heard_at is not None
        self._heard_at = heard_at
        was_stopped, self._is_stopped = self._is_stopped, state == STOPPED
        counts_s = 0.0 if state == WAITING_FOR_DISK else step_s
        self._silent_s = self._silent_s + counts_s if is_silent else 0.0
        goes_on = was_stopped and self._is_stopped and not has_answered
        self._stopped_s = self._stopped_s + step_s if goes_on else 0.0
        if self._stopped_s >= self._patience.stopped_s - ROUNDING_S:
            return f"was stopped (state {state}) for {self._stopped_s:.1f} s"
        patience_s = self._patience.start_s if heard_at is None else self._patience.silent_s
        if not self._is_stopped and self._silent_s >= patience_s - ROUNDING_S:
            return f"ran (state {state}) but did not answer for {self._silent_s:.1f} s"
        return ""
