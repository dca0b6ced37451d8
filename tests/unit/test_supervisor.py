"""When a child is started again: the state machine of a supervised service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.config import sections
from steadyline.config_file import load_config
from steadyline.supervisor.child import FROZEN_EXIT_CODE, UNUSABLE_EXIT_CODE, Child, ChildState, RestartPolicy
from steadyline.supervisor.free_ports import PER_CALL_BASES, free_port_settings

POLICY = RestartPolicy(delay_s=0.5, max_delay_s=10.0, stable_after_s=30.0, budget=12, window_s=60.0)
LONGEST = 1.0
"""A random number that makes every delay as long as it can be; those that are drawn stay just below."""


def new_child(policy: RestartPolicy = POLICY, random: float = LONGEST) -> Child:
    return Child("whisper", policy, lambda: random)


def crash(child: Child, at: float, *, after: float = 0.0, code: int = -9) -> float:
    """Let it run from `at` on and crash `after` seconds later; returns the delay until it is started again."""
    child.started(at)
    child.exited(code, at + after)
    return child.start_at - (at + after)


def freeze(child: Child, at: float, *, after: float = 0.0, heard: bool = True) -> float:
    """Let it run from `at` on, freeze `after` seconds later and be killed 5 s after that."""
    child.started(at)
    child.froze("did not answer", at + after if heard else None)
    child.exited(-9, at + after + 5.0)
    return child.start_at - (at + after + 5.0)


def test_a_new_child_is_to_be_started_at_once() -> None:
    child = new_child()
    assert (child.state, child.start_at, child.restarts) == (ChildState.WAITING, 0.0, 0)
    child.started(5.0)
    assert child.state is ChildState.RUNNING


def test_the_first_crash_costs_no_delay_and_later_ones_in_a_row_twice_as_much_each_time() -> None:
    child = new_child()
    assert [crash(child, 10.0 * n, after=1.0) for n in range(8)] == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert (child.restarts, child.state) == (8, ChildState.WAITING)


def test_half_of_a_delay_is_random() -> None:
    child = new_child(random=0.0)
    assert [crash(child, 10.0 * n, after=1.0) for n in range(8)] == [0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    child = new_child(random=0.5)
    assert [crash(child, 10.0 * n, after=1.0) for n in range(3)] == [0.0, 0.375, 0.75]


def test_a_child_that_ran_long_enough_counts_as_sound_again() -> None:
    child = new_child()
    for n in range(5):
        crash(child, 10.0 * n, after=1.0)
    assert crash(child, 100.0, after=30.0) == 0.0
    assert crash(child, 200.0, after=29.9) == 0.5


@pytest.mark.parametrize("code", [0, 1, -9, -11, 130])
def test_whatever_ends_it_it_is_started_again(code: int) -> None:
    child = new_child()
    crash(child, 0.0, code=code)
    assert child.state is ChildState.WAITING


def test_a_child_that_cannot_run_at_all_is_not_started_again() -> None:
    child = new_child()
    crash(child, 0.0, code=UNUSABLE_EXIT_CODE)
    assert (child.state, child.is_fatal, child.restarts) == (ChildState.FATAL, True, 0)
    assert child.verdict == "ended with status 2 and cannot run like this"
    assert not child.has_spent_budget


def test_once_it_has_served_even_that_is_taken_as_passing() -> None:
    child = new_child()
    child.started(0.0)
    child.served()
    child.exited(-9, 40.0)
    delays = [crash(child, 50.0 + n, code=UNUSABLE_EXIT_CODE) for n in range(3)]
    assert child.state is ChildState.WAITING
    assert delays == [0.5, 1.0, 2.0]


def test_a_stopped_child_shows_it() -> None:
    child = new_child()
    child.started(0.0)
    child.stopped()
    assert child.state is ChildState.STOPPED
    assert repr(child) == "<Child whisper stopped restarts=0>"


class TestBudget:
    """So many restarts within so much time of running, then it is given up."""

    @pytest.mark.parametrize("ran_s", [0.0, 1.0, 4.9])
    @pytest.mark.parametrize("code", [1, -11, UNUSABLE_EXIT_CODE])
    def test_a_crash_loop_ends_when_the_budget_is_spent(self, ran_s: float, code: int) -> None:
        child, now = new_child(), 0.0
        child.served()
        for _ in range(12):
            crash(child, now, after=ran_s, code=code)
            assert child.state is ChildState.WAITING
            now = child.start_at
        crash(child, now, after=ran_s, code=code)
        assert (child.state, child.has_spent_budget, child.restarts) == (ChildState.FATAL, True, 12)
        how = f"killed by signal {-code}" if code < 0 else f"ended with status {code}"
        assert child.verdict == f"failed 13 times within 60 s of running; {how}"

    def test_delays_do_not_count_as_running(self) -> None:
        policy = RestartPolicy(delay_s=100.0, max_delay_s=100.0, budget=3, window_s=5.0)
        child, now = new_child(policy), 0.0
        for _ in range(4):
            crash(child, now, after=1.0)
            now = child.start_at
        assert child.is_fatal

    def test_failures_that_lie_further_apart_go_on_for_ever(self) -> None:
        child, now = new_child(), 0.0
        for _ in range(200):
            crash(child, now, after=5.1)
            now = child.start_at
        assert (child.state, child.restarts) == (ChildState.WAITING, 200)

    def test_a_sound_run_fills_it_again(self) -> None:
        child = new_child()
        for n in range(12):
            crash(child, 10.0 * n)
        crash(child, 200.0, after=30.0)
        for n in range(11):
            crash(child, 300.0 + 10.0 * n)
        assert child.state is ChildState.WAITING
        crash(child, 500.0)
        assert child.is_fatal

    def test_a_budget_without_end(self) -> None:
        child, now = new_child(RestartPolicy(budget=10_000)), 0.0
        for _ in range(2000):
            delay_s = crash(child, now)
            now = child.start_at
        assert (child.restarts, delay_s) == (2000, 10.0)

    def test_none_at_all(self) -> None:
        child = new_child(RestartPolicy(budget=0))
        crash(child, 0.0)
        assert child.is_fatal

    def test_a_process_that_cannot_be_made_counts_too(self) -> None:
        child = new_child(RestartPolicy(budget=2))
        delays = []
        for n in range(3):
            child.failed_to_start("out of memory", 10.0 * n)
            delays.append(child.start_at - 10.0 * n)
        assert delays[:2] == [0.0, 0.5]
        assert child.is_fatal
        assert child.verdict == "failed 3 times within 60 s of running; could not be started: out of memory"


class TestFrozen:
    """Killed because it did nothing any more."""

    def test_it_is_started_again_at_once_each_time_and_counted_apart(self) -> None:
        child = new_child()
        crash(child, 0.0)
        assert [freeze(child, 10.0 * n + 10.0, after=1.0) for n in range(3)] == [0.0, 0.0, 0.0]
        assert (child.restarts, child.freezes, child.state) == (4, 3, ChildState.WAITING)
        assert child.ending == "did not answer and was killed"

    def test_a_crash_after_it_is_not_taken_for_another(self) -> None:
        child = new_child()
        freeze(child, 0.0, after=1.0)
        crash(child, 10.0, after=1.0)
        assert (child.restarts, child.freezes, child.ending) == (2, 1, "killed by signal 9")

    def test_one_whose_engine_froze_says_so_by_its_status(self) -> None:
        child = new_child()
        assert [crash(child, 10.0 * n, after=2.0, code=FROZEN_EXIT_CODE) for n in range(3)] == [0.0, 0.0, 0.0]
        assert (child.restarts, child.freezes) == (3, 3)

    def test_the_time_in_which_it_was_frozen_is_no_sound_run(self) -> None:
        child = new_child(RestartPolicy(budget=3, window_s=60.0, stable_after_s=4.0))
        for n in range(4):
            freeze(child, 100.0 * n, after=0.5)
        assert child.is_fatal
        assert child.verdict.endswith("did not answer and was killed")

    def test_nor_is_a_run_in_which_it_never_answered(self) -> None:
        child = new_child(RestartPolicy(budget=3, window_s=60.0, stable_after_s=4.0))
        for n in range(4):
            freeze(child, 100.0 * n, after=50.0, heard=False)
        assert child.is_fatal


class TestWished:
    """An operator wants it started again."""

    def test_it_is_started_at_once_and_no_failure(self) -> None:
        child, now = new_child(), 0.0
        for _ in range(100):
            child.started(now)
            child.wanted_anew(now + 1.0)
            child.exited(0, now + 1.5)
            assert (child.state, child.start_at) == (ChildState.WAITING, now + 1.5)
            now = child.start_at
        assert child.restarts == 100
        assert crash(child, now) == 0.0

    def test_only_its_next_end_is_none(self) -> None:
        child = new_child(RestartPolicy(budget=0))
        child.started(0.0)
        child.wanted_anew(1.0)
        child.exited(0, 1.0)
        crash(child, 2.0)
        assert child.is_fatal

    def test_one_that_was_given_up_is_tried_again_with_a_whole_budget(self) -> None:
        child = new_child(RestartPolicy(budget=2))
        for n in range(3):
            crash(child, 10.0 * n)
        assert child.is_fatal
        child.wanted_anew(50.0)
        assert (child.state, child.start_at) == (ChildState.WAITING, 50.0)
        assert [crash(child, 60.0 + n) for n in range(2)] == [0.0, 0.5]
        assert not child.is_fatal


CRASHES = st.lists(st.tuples(st.floats(0, 100), st.sampled_from([0, 1, -9, -11])), max_size=30)


@given(CRASHES, st.floats(0, 1, exclude_max=True))
def test_the_delay_never_exceeds_its_cap_and_every_crash_is_counted(
    crashes: list[tuple[float, int]], random: float
) -> None:
    child, now = new_child(RestartPolicy(budget=1000), random), 0.0
    for ran_s, code in crashes:
        delay_s = crash(child, now, after=ran_s, code=code)
        assert -1e-6 <= delay_s <= POLICY.max_delay_s + 1e-6
        now = child.start_at
    assert child.restarts == len(crashes)


def test_free_ports_move_every_port_of_the_configuration() -> None:
    config = load_config(None, free_port_settings())
    defaults = load_config(None)
    ports: list[int] = []
    for name, section in sections(config).items():
        for key, value in vars(section).items():
            if "port" in key and not key.startswith("transport"):
                assert value != getattr(sections(defaults)[name], key), f"{name}.{key} is left where it was"
                ports.append(value)
    assert len(set(ports)) == len(ports)


def test_the_ports_of_calls_stay_in_a_range_of_their_own() -> None:
    config = load_config(None, free_port_settings())
    base, last = config.outbound.audio_port_base - 2, config.gateway.last_call_id
    assert base in PER_CALL_BASES
    assert config.outbound.audio_port_base + last < base + PER_CALL_BASES.step
