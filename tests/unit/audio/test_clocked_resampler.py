"""Pieces of audio keep their place on the call's clock, at whatever rate they come."""

import numpy as np
import pytest

from steadyline.audio.clocked_resampler import ClockedResampler


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_pieces_without_a_gap_come_out_without_one(rate_hz: int) -> None:
    resampler, frame = ClockedResampler(), rate_hz // 50
    ends = []
    for number in range(10):
        samples, start = resampler.process(np.full(frame, 1000, np.int16), rate_hz, 640 + number * 320)
        assert start == (ends[-1] if ends else 640)
        ends.append(start + len(samples))
    assert resampler.input_end == 640 + 3200
    assert 3200 - 160 <= ends[-1] - 640 <= 3200


def test_after_a_gap_and_at_another_rate_a_piece_begins_where_it_lies() -> None:
    resampler = ClockedResampler()
    resampler.process(np.zeros(160, np.int16), 8_000, 0)
    assert resampler.process(np.zeros(160, np.int16), 8_000, 5000)[1] == 5000
    assert resampler.process(np.zeros(320, np.int16), 16_000, 5320)[1] == 5320
