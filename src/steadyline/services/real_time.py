"""Real-time scheduling of a process while that hurts nobody: its packets leave on time however busy the engines are."""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

THREADS = Path("/proc/self/task")
PRIORITY = 1
"""The lowest of the real-time ones: before every ordinary thread, after whatever else of the machine is real-time."""


class RealTimeScheduling:
    """Linux's SCHED_RR for all threads of this process, lent and taken back (sched(7)).

    Threads that are started later have what the one that starts them has. Where it is not allowed (neither CAP_SYS_NICE nor
    RLIMIT_RTPRIO), one line says so and everything stays as it is.

    Args:
        log: for that line.
        set_scheduler: sets policy and priority of the thread with this id, as `os.sched_setscheduler` does.

    Attributes:
        is_on: our threads go before ordinary ones.
    """

    def __init__(
        self,
        log: logging.Logger,
        set_scheduler: Callable[[int, int, os.sched_param], None] = os.sched_setscheduler,
    ) -> None:
        self._log = log
        self._set_scheduler = set_scheduler
        self._is_refused = False
        self.is_on = False

    def follow(self, is_wanted: bool) -> None:
        """Schedule all threads as is wanted now; nothing is done where they are already."""
        if is_wanted == self.is_on or self._is_refused:
            return
        policy, priority = (os.SCHED_RR, PRIORITY) if is_wanted else (os.SCHED_OTHER, 0)
        try:
            for thread in THREADS.iterdir():
                with suppress(ProcessLookupError):  # it has ended since
                    self._set_scheduler(int(thread.name), policy, os.sched_param(priority))
        except OSError as error:
            self._is_refused = True
            self._log.info("no real-time scheduling (%s): to allow it, LimitRTPRIO=1 or `ulimit -r 1`", error.strerror)
            return
        self.is_on = is_wanted
