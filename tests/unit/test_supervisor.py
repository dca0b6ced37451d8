"""When a child is started again: the state machine of a supervised service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.config import sections
from steadyline.config_file import load_config
from steadyline.supervisor.child import UNUSABLE_EXIT_CODE, Child, ChildState, RestartPolicy
from steadyline.supervisor.free_ports import PER_CALL_BASES, PER_CALL_RANGE, free_port_settings

POLICY = RestartPolicy(delay_s=0.5, max_delay_s=10.0, stable_after_s=30.0)


def crash(child: Child, at: float, *, after: float = 0.0, code: int = -9) -> float:
    """Let it run from `at` on and crash `after` seconds later; returns the delay until it is started again."""
    child.started(at)
    child.exited(code, at + after)
    return child.start_at - (at + after)


def test_a_new_child_is_to_be_started_at_once() -> None:
    child = Child("whisper", POLICY)
    assert (child.state, child.start_at, child.restarts) == (ChildState.WAITING, 0.0, 0)
    child.started(5.0)
    assert child.state is ChildState.RUNNING


def test_the_first_crash_costs_no_delay_and_later_ones_in_a_row_twice_as_much_each_time() -> None:
    child = Child("whisper", POLICY)
    assert [crash(child, 10.0 * n, after=1.0) for n in range(8)] == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert (child.restarts, child.state) == (8, ChildState.WAITING)


def test_a_child_that_ran_long_enough_counts_as_sound_again() -> None:
    child = Child("whisper", POLICY)
    for n in range(5):
        crash(child, 10.0 * n, after=1.0)
    assert crash(child, 100.0, after=30.0) == 0.0
    assert crash(child, 200.0, after=29.9) == 0.5


@pytest.mark.parametrize("code", [0, 1, -9, -11, 130])
def test_whatever_ends_it_it_is_started_again(code: int) -> None:
    child = Child("whisper", POLICY)
    crash(child, 0.0, code=code)
    assert child.state is ChildState.WAITING


def test_a_child_that_cannot_run_at_all_is_not_started_again() -> None:
    child = Child("whisper", POLICY)
    crash(child, 0.0, code=UNUSABLE_EXIT_CODE)
    assert (child.state, child.is_fatal, child.restarts) == (ChildState.FATAL, True, 0)


def test_once_it_has_served_even_that_is_taken_as_passing() -> None:
    child = Child("whisper", POLICY)
    child.started(0.0)
    child.served()
    child.exited(-9, 40.0)
    delays = [crash(child, 50.0 + n, code=UNUSABLE_EXIT_CODE) for n in range(3)]
    assert child.state is ChildState.WAITING
    assert delays == [0.5, 1.0, 2.0]


def test_a_stopped_child_shows_it() -> None:
    child = Child("whisper", POLICY)
    child.started(0.0)
    child.stopped()
    assert child.state is ChildState.STOPPED
    assert repr(child) == "<Child whisper stopped restarts=0>"


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from([0, 1, -9, -11])), max_size=30))
def test_the_delay_never_exceeds_its_cap_and_every_crash_is_counted(crashes: list[tuple[float, int]]) -> None:
    child, now = Child("whisper", POLICY), 0.0
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
    assert config.outbound.audio_port_base + last < base + PER_CALL_RANGE
