"""The one retry policy: the founding document's delays and log moments, then back-off that is capped and jittered."""

import itertools

import pytest

from steadyline.retry import RetryPolicy


def test_the_ten_attempts_leave_when_the_founding_document_says() -> None:
    policy = RetryPolicy()
    times = itertools.accumulate((policy.delay_after(attempt) for attempt in range(1, policy.attempts)), initial=0.0)
    assert list(times) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0, 4.0, 5.0])


def test_attempts_one_five_and_nine_are_logged() -> None:
    assert [attempt for attempt in range(1, 30) if RetryPolicy().is_logged(attempt)] == [1, 5, 9]


@pytest.mark.parametrize(("attempts", "logged"), [(1, []), (2, [1]), (3, [1, 2]), (5, [1, 4]), (7, [1, 5, 6])])
def test_the_last_attempt_is_never_logged_as_one_that_is_retried(attempts: int, logged: list[int]) -> None:
    policy = RetryPolicy(attempts=attempts)
    assert [attempt for attempt in range(1, 30) if policy.is_logged(attempt)] == logged


def test_back_off_grows_to_its_cap_and_stays_there() -> None:
    policy = RetryPolicy(slow_delay_s=1.0, backoff_factor=2.0, backoff_max_s=5.0)
    highest = list(itertools.islice(policy.backoff(lambda: 0.999_999_999), 5))
    assert highest == pytest.approx([2.0, 4.0, 5.0, 5.0, 5.0])


def test_half_of_each_delay_is_chance() -> None:
    policy = RetryPolicy(slow_delay_s=1.0, backoff_factor=2.0, backoff_max_s=5.0)
    chances = itertools.cycle([0.0, 0.5])
    assert list(itertools.islice(policy.backoff(lambda: next(chances)), 4)) == pytest.approx([1.0, 3.0, 2.5, 3.75])
