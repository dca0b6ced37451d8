"""What is out of order in a process although calls go on: shown in `steadyline status`, measured, logged at both ends."""

import logging
from dataclasses import dataclass
from typing import Any

from steadyline.clock import Clock
from steadyline.metrics import Metrics


@dataclass
class Fault:
    """One of them: what is wrong, for people, and since when."""

    text: str
    since: float


class Faults:
    """The faults of a process that are there now.

    Args:
        clock: time.
        log: gets one line when a fault begins and one when it ends, whatever happens in between.
        metrics: the process's.
    """

    def __init__(self, clock: Clock, log: logging.Logger, metrics: Metrics) -> None:
        self._clock = clock
        self._log = log
        self._metrics = metrics
        self._present: dict[str, Fault] = {}

    def __repr__(self) -> str:
        return f"<Faults {', '.join(self._present) or 'none'}>"

    def begin(self, name: str, text: str, consequence: str) -> None:
        """It is there, as `text` says; said again, the text is renewed.

        Args:
            name: one word of a few, e.g. "journal": also a label of the metrics.
            text: what is wrong and what to do.
            consequence: what the system does meanwhile, for the log.
        """
        fault = self._present.get(name)
        if fault is not None:
            fault.text = text
            return
        self._present[name] = Fault(text, self._clock.now())
        self._metrics.fault(name, is_present=True)
        self._log.error("%s; %s", text, consequence)

    def end(self, name: str, text: str) -> None:
        """It is in order again, as `text` says; nothing when it was not out of order."""
        fault = self._present.pop(name, None)
        if fault is not None:
            self._metrics.fault(name, is_present=False)
            self._log.info("%s, after %.1f s", text, self._clock.now() - fault.since)

    def as_dicts(self) -> list[dict[str, Any]]:
        """All of them, as JSON objects."""
        now = self._clock.now()
        return [
            {"name": name, "text": fault.text, "since_s": round(now - fault.since, 3)}
            for name, fault in self._present.items()
        ]
