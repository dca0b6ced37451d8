"""What a caller is told at the end."""

import pytest

from steadyline.webphone import endings


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("call failed: 486 Busy Here", endings.BUSY),
        ("call failed: Connection refused [111]", endings.NO_ANSWER),
        ("call not established within 20 s", endings.NO_ANSWER),
        ("call failed: 488 Not Acceptable Here", "The call was not answered: call failed: 488 Not Acceptable Here."),
    ],
)
def test_why_nobody_answered(reason: str, told: str) -> None:
    assert endings.not_answered(reason).startswith(told)


def test_why_a_call_was_over() -> None:
    assert endings.far_end_ended("caller hung up") == endings.FAR_END_HUNG_UP
    assert "rtp stream error" in endings.far_end_ended("rtp stream error")
