"""Lines that strangers cause: the first ones in full, of a flood a few with their number."""

import logging

import pytest

from steadyline.clock import TimerHandle
from steadyline.link.flood_log import LINES, WITHIN_S, FloodLog

LOG = logging.getLogger("steadyline.tests.flood")


class SetClock:
    """Time as the test says."""

    at = 0.0

    def now(self) -> float:
        return self.at

    def wall(self) -> float:
        raise NotImplementedError

    def call_at(self, when: float, callback: object) -> TimerHandle:
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


@pytest.fixture
def clock(caplog: pytest.LogCaptureFixture) -> SetClock:
    caplog.set_level(logging.WARNING, LOG.name)
    return SetClock()


def test_few_lines_are_written_as_they_are(clock: SetClock, caplog: pytest.LogCaptureFixture) -> None:
    log = FloodLog(LOG, clock)
    for number in range(LINES):
        log.warning("silent", "dropped %s:%d", "host", number)
    assert caplog.messages == [f"dropped host:{number}" for number in range(LINES)]


def test_of_a_flood_few_lines_are_written_and_they_say_how_large_it_is(
    clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    log = FloodLog(LOG, clock)
    for number in range(20_000):
        clock.at = number / 20_000
        log.warning("silent", "dropped %d of 100%%", number)
    assert len(caplog.messages) == LINES + 3
    assert caplog.messages[LINES:] == [
        "dropped 99 of 100% (the 100th like it within 0.005 s)",
        "dropped 999 of 100% (the 1000th like it within 0.05 s)",
        "dropped 9999 of 100% (the 10000th like it within 0.5 s)",
    ]


def test_kinds_are_counted_apart_and_later_all_is_forgotten(clock: SetClock, caplog: pytest.LogCaptureFixture) -> None:
    log = FloodLog(LOG, clock)
    for _ in range(50):
        log.warning("silent", "silent")
    log.warning("garbage", "garbage")
    clock.at = WITHIN_S
    log.warning("silent", "silent again")
    assert caplog.messages == ["silent"] * LINES + ["garbage", "silent again"]
