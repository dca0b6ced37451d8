"""Real-time scheduling, lent and taken back, with threads that are there and a kernel that is not."""

import logging
import os
import threading
from collections.abc import Iterator

import pytest

from steadyline.services.real_time import RealTimeScheduling

LOG = logging.getLogger("steadyline.test")


class Kernel:
    """Notes what each thread was set to; refuses, or knows nothing of a thread."""

    def __init__(self) -> None:
        self.policies: dict[int, tuple[int, int]] = {}
        self.asked = 0
        self.is_refusing = False
        self.ended: int | None = None

    def set_scheduler(self, thread: int, policy: int, parameters: os.sched_param) -> None:
        self.asked += 1
        if self.is_refusing and policy != os.SCHED_OTHER:
            raise PermissionError(1, "Operation not permitted")
        if thread == self.ended:
            raise ProcessLookupError(3, "No such process")
        self.policies[thread] = (policy, parameters.sched_priority)


@pytest.fixture
def other_thread() -> Iterator[int]:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    assert thread.native_id is not None
    yield thread.native_id
    over.set()
    thread.join()


def test_all_threads_are_lent_it_and_it_is_taken_back(other_thread: int) -> None:
    kernel = Kernel()
    scheduling = RealTimeScheduling(LOG, kernel.set_scheduler)
    scheduling.follow(True)
    mine = {threading.get_native_id(), other_thread}
    assert {kernel.policies[thread] for thread in mine} == {(os.SCHED_RR, 1)}
    scheduling.follow(False)
    assert {kernel.policies[thread] for thread in mine} == {(os.SCHED_OTHER, 0)}


def test_nothing_is_asked_for_twice() -> None:
    kernel = Kernel()
    scheduling = RealTimeScheduling(LOG, kernel.set_scheduler)
    scheduling.follow(False)
    assert kernel.asked == 0
    scheduling.follow(True)
    asked = kernel.asked
    scheduling.follow(True)
    assert kernel.asked == asked > 0


def test_a_thread_that_has_ended_is_passed_over(other_thread: int) -> None:
    kernel = Kernel()
    kernel.ended = other_thread
    scheduling = RealTimeScheduling(LOG, kernel.set_scheduler)
    scheduling.follow(True)
    assert scheduling.is_on
    assert kernel.policies[threading.get_native_id()] == (os.SCHED_RR, 1)


def test_where_it_is_not_allowed_one_line_says_how_to_allow_it(caplog: pytest.LogCaptureFixture) -> None:
    kernel = Kernel()
    kernel.is_refusing = True
    scheduling = RealTimeScheduling(LOG, kernel.set_scheduler)
    with caplog.at_level(logging.INFO, LOG.name):
        for is_wanted in (True, False, True):
            scheduling.follow(is_wanted)
    [line] = [record.getMessage() for record in caplog.records]
    assert "Operation not permitted" in line and "LimitRTPRIO=1" in line
    assert not scheduling.is_on and not kernel.policies
