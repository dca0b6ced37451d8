"""What a call learns of how fast its voice is."""

import pytest

from steadyline.services.voice_pace import VoicePace

CLAUSE = "The capital of France"


def test_of_a_voice_that_has_rendered_nothing_no_time_is_expected() -> None:
    pace = VoicePace()
    assert pace.expected_s(100) == 0.0
    assert pace.has_time_after(CLAUSE)
    assert not pace.has_time_after("Yes.")


def test_a_clause_twice_as_long_is_expected_to_take_twice_the_time() -> None:
    pace = VoicePace()
    pace.rendered("x" * 20, 0.5)
    assert pace.expected_s(40) == pytest.approx(1.0)


def test_the_slowest_of_the_last_renderings_counts_for_a_while() -> None:
    pace = VoicePace()
    pace.rendered("x" * 10, 1.0)
    pace.rendered("x" * 10, 0.1)
    assert pace.expected_s(10) == pytest.approx(0.7)
    for _ in range(20):
        pace.rendered("x" * 10, 0.1)
    assert pace.expected_s(10) == pytest.approx(0.1)


@pytest.mark.parametrize(("took_s", "has_time"), [(0.1, True), (0.35, True), (1.1, False)])
def test_whether_there_is_time_for_a_short_end_depends_on_the_voice(took_s: float, has_time: bool) -> None:
    pace = VoicePace()
    pace.rendered(CLAUSE, took_s)
    assert pace.has_time_after(CLAUSE) is has_time
