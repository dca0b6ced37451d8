"""`steadyline demo`: the dialogue is printed, and the caller heard the capital of France."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.conftest import transcribe

from steadyline.engines.stt_whisper import WhisperRecognizer

ROOT = Path(__file__).parents[2]


@pytest.mark.e2e
def test_demo_prints_the_dialogue_and_paris_was_heard(tmp_path: Path, listener: WhisperRecognizer) -> None:
    command = [sys.executable, "-m", "steadyline", "demo", "--out", str(tmp_path)]
    demo = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "What is the capital of France?" in demo.stdout
    assert "Paris" in transcribe(listener, tmp_path / "call.wav", channel=1)
