"""When a process counts as frozen, and when only its watcher was held up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from math import inf

import pytest

from steadyline.process_state import process_state
from steadyline.vigil import Patience, Vigil

PATIENCE = Patience(stopped_s=1.25, silent_s=5.0, start_s=60.0)
STEP_S = 0.1
DEADLOCK_S = 30.0


def watched(
    vigil: Vigil,
    state: Callable[[float], str],
    heard_at: Callable[[float], float | None],
    *,
    until: float,
    since: float = 0.0,
    step_s: float = STEP_S,
) -> tuple[float, str] | None:
    """Check every `step_s` seconds; when something was found, and what."""
    for number in range(1, round((until - since) / step_s) + 1):
        now = since + number * step_s
        found = vigil.check(now, state(now), heard_at(now))
        if found:
            return now, found
    return None


def vigil(patience: Patience = PATIENCE) -> Vigil:
    return Vigil(0.0, patience, longest_step_s=2 * STEP_S)


def test_one_that_answers_is_left_alone() -> None:
    assert watched(vigil(), lambda _: "S", lambda now: now, until=100.0) is None


def test_one_that_is_stopped_is_found_soon() -> None:
    found = watched(vigil(), lambda now: "T" if now >= 3.0 else "S", lambda now: min(now, 3.0), until=10.0)
    assert found is not None
    at, what = found
    assert 3.0 + PATIENCE.stopped_s <= at <= 3.0 + PATIENCE.stopped_s + 2 * STEP_S
    assert what == "was stopped (state T) for 1.3 s"


def test_one_that_is_stopped_before_it_was_ever_heard_is_found_as_soon() -> None:
    found = watched(vigil(), lambda now: "T" if now >= 3.0 else "R", lambda _: None, until=10.0)
    assert found is not None and 4.25 <= found[0] <= 4.5


def test_one_that_goes_on_before_the_time_is_over_is_left_alone() -> None:
    def state(now: float) -> str:
        return "T" if now % 2.0 < 1.0 else "S"

    assert watched(vigil(), state, lambda now: now if state(now) == "S" else now // 2 * 2, until=100.0) is None


def test_one_that_runs_without_answering_is_found_later() -> None:
    found = watched(vigil(), lambda _: "R", lambda now: min(now, 3.0), until=20.0)
    assert found is not None
    assert 3.0 + PATIENCE.silent_s <= found[0] <= 3.0 + PATIENCE.silent_s + 2 * STEP_S
    assert found[1] == "ran (state R) but did not answer for 5.0 s"


def test_one_that_starts_is_given_more_time() -> None:
    assert watched(vigil(), lambda _: "R", lambda _: None, until=59.0) is None
    found = watched(vigil(), lambda _: "R", lambda _: None, until=100.0)
    assert found is not None and found[0] == pytest.approx(60.0, abs=2 * STEP_S)


def test_a_debugger_stops_it_without_its_counting_as_stopped() -> None:
    assert watched(vigil(), lambda _: "t", lambda now: min(now, 1.0), until=5.5) is None


def test_to_be_asked_while_it_is_stopped_does_not_begin_the_time_anew() -> None:
    found = watched(
        vigil(), lambda now: "T" if now >= 3.0 else "S", lambda now: 4.0 if now >= 4.0 else None, until=10.0
    )
    assert found is not None and 4.25 <= found[0] <= 4.5


def test_one_that_is_stopped_again_and_again_but_answers_is_left_alone() -> None:
    """As by a tool that slows processes down, and always while the watcher looks."""
    assert watched(vigil(), lambda _: "T", lambda now: now // 1.0, until=100.0) is None


def test_waiting_for_a_disk_is_the_machines_fault() -> None:
    def state(now: float) -> str:
        return "D" if now < 50.0 else "R"

    assert watched(vigil(), state, lambda now: min(now, 1.0), until=54.5) is None
    found = watched(vigil(), state, lambda now: min(now, 1.0), until=60.0)
    assert found is not None and found[1] == "ran (state R) but did not answer for 5.0 s"


def test_time_in_which_the_watcher_did_not_run_does_not_count() -> None:
    """Stopped together with what it watches, and suspended; the frames that wait are read only after the check."""
    watching = vigil()
    assert watched(watching, lambda _: "S", lambda now: now, until=10.0) is None
    assert watching.check(1000.0, "T", 10.0) == ""
    assert watching.check(1000.1, "S", 1000.05) == ""
    assert watching.check(2000.0, "R", 1000.05) == ""
    assert watched(watching, lambda _: "R", lambda now: now, since=2000.0, until=2010.0) is None


def test_a_watcher_that_is_slow_itself_is_more_patient() -> None:
    """Checks come ten times as late as they should: so much of the machine is taken by others."""
    found = watched(vigil(), lambda _: "R", lambda _: 0.0, until=200.0, step_s=1.0)
    assert found is not None and found[0] == pytest.approx(25.0, abs=1.5)


def test_a_start_without_bound() -> None:
    endless = vigil(Patience(1.25, 5.0, start_s=inf))
    assert watched(endless, lambda _: "S", lambda _: None, until=1000.0) is None


def test_the_kernels_word_for_a_process() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        process.send_signal(signal.SIGSTOP)
        wait_for(process.pid, "T")
        process.send_signal(signal.SIGCONT)
        wait_for(process.pid, "S")
        process.kill()
        wait_for(process.pid, "Z")
    finally:
        process.kill()
        process.wait(DEADLOCK_S)
    assert process_state(process.pid) == ""
    assert process_state(os.getpid()) == "R"


def wait_for(pid: int, state: str) -> None:
    until = time.monotonic() + DEADLOCK_S
    while process_state(pid) != state:
        assert time.monotonic() < until, process_state(pid)
        time.sleep(0.01)
