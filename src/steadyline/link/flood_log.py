"""Lines that a stranger can cause as often as they like: some of them are logged, the rest are counted."""

import logging

from steadyline.clock import Clock

LINES = 10
"""A few scanners or a wrong setting are seen in full."""
WITHIN_S = 10.0


class FloodLog:
    """Of each kind the first `LINES` lines within `WITHIN_S`; then the 100th, the 1,000th and so on, with its number.

    Args:
        log: where they go.
        clock: time.
    """

    def __init__(self, log: logging.Logger, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._counts: dict[str, tuple[float, int]] = {}

    def warning(self, kind: str, text: str, *values: object, call_id: int = 0) -> None:
        """A warning; see `log`."""
        self.log(logging.WARNING, kind, text, *values, call_id=call_id)

    def log(self, level: int, kind: str, text: str, *values: object, call_id: int = 0) -> None:
        """Log a line, or count it.

        Args:
            level: as for a logger.
            kind: what is counted together; one of a few.
            text, values: as for a logger.
            call_id: whose call it is about; 0: no call's.
        """
        now = self._clock.now()
        since, count = self._counts.get(kind, (now, 0))
        if now - since >= WITHIN_S:
            since, count = now, 0
        count += 1
        self._counts[kind] = (since, count)
        if count > LINES:
            if str(count).strip("0") != "1":
                return
            text, values = f"{text} (the %dth like it within %.2g s)", (*values, count, now - since)
        self._log.log(level, text, *values, extra={"call_id": call_id})
