"""How many calls a gateway has, may have, and has refused: for status, metrics and log."""

from steadyline.link.runtime import Runtime


class Admission:
    """Counts calls. The line itself turns callers away when all calls are taken: nothing rings then, and it takes no time.

    Args:
        runtime: metrics and log.
        max_calls: `gateway.max_calls`.
    """

    def __init__(self, runtime: Runtime, max_calls: int) -> None:
        self._runtime = runtime
        self._max_calls = max_calls
        self._refused = 0
        runtime.metrics.calls_limit.set(max_calls)

    def details(self) -> dict[str, int]:
        """For `steadyline status`."""
        return {"max_calls": self._max_calls, "refused_calls": self._refused}

    def now(self, calls: int) -> None:
        """So many calls ring or are answered."""
        self._runtime.metrics.calls.set(calls)

    def full(self, peer: str) -> None:
        """The line has turned this caller away."""
        self.refused("full")
        text = "a call from %s is refused: %d calls, gateway.max_calls, are under way"
        self._runtime.flood_log.warning("full", text, peer, self._max_calls)

    def refused(self, reason: str) -> None:
        """A caller is answered 486: "full", "no_id" or "not_ready"."""
        self._refused += 1
        self._runtime.metrics.call_refused(reason)
