"""The lines of the echo's measurement do to sound what they say."""

import numpy as np
import pytest
from benchmarks.echo_lines import CLOCK_HZ, EchoPath, g711, scene

from steadyline.audio.levels import rms_dbfs


def test_g711_gives_back_what_its_tables_say() -> None:
    """ITU-T G.711, table 2a: the largest value, a value of the middle, the smallest step, and silence."""
    levels = np.array([32_767, -32_767, 1000, 4, 0], np.float64) / 32768
    assert (g711(levels) * 32768).tolist() == [32_124, -32_124, 988, 8, 0]


@pytest.mark.parametrize("reverberation_s", [0.0, 0.4])
@pytest.mark.parametrize("echo_db", [-10, -30])
def test_an_echo_has_its_level_and_its_delay(reverberation_s: float, echo_db: int) -> None:
    sentence = (np.random.default_rng(1).normal(size=2 * CLOCK_HZ) * 0.1).astype(np.float32)
    path = EchoPath(200, reverberation_s, 0.0, -90)
    line = scene([sentence], [], path, echo_db, np.random.default_rng(2))
    begins = CLOCK_HZ // 2 + CLOCK_HZ // 5
    assert rms_dbfs(line.caller[: begins - 100]) < -70
    # Of white noise of 16 kHz half of the power is within the line's band, less its slope.
    assert rms_dbfs(line.caller[begins + 8000 : begins + 24000]) == pytest.approx(-20 - 3.3 + echo_db, abs=1)
    ((told, _),) = line.played
    assert CLOCK_HZ // 2 <= told <= CLOCK_HZ // 2 + 320
