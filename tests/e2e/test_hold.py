"""A third-party softphone puts the call on hold in the middle of a sentence, and takes it back."""

import time
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.e2e.softphone import Softphone
from tests.e2e.system import System

from steadyline.drills.tone_engines import ENGINE_SETTINGS
from steadyline.drills.tone_speech import words_in

GREETING = (
    "one two three four five six seven eight nine ten. alpha bravo charlie delta red green blue white black north."
)


@pytest.mark.e2e
def test_every_word_leaves_once_although_the_call_was_on_hold(tmp_path: Path, softphone: Softphone) -> None:
    """Read from the call's recording, of what left for the caller: this phone's own stops with the first re-INVITE."""
    microphone = tmp_path / "silence.wav"
    soundfile.write(microphone, np.zeros(8000, np.float32), 8000)
    with System(tmp_path / "system", *ENGINE_SETTINGS, f"llama.greeting={GREETING}") as system:
        softphone.start(system.uri(), microphone, 10)
        softphone.wait_established()
        time.sleep(1.2)
        softphone.command("hold")
        time.sleep(1.8)
        softphone.command("resume")
        call = softphone.finish(25)
        assert "call: hold" in call.log and "call: resume" in call.log
        system.recorded_calls()
        exported = system.run("calls", "export", "1", "--format", "wav", "--out", str(tmp_path / "exported"))
    assert exported.returncode == 0, exported.stderr
    [recording] = (tmp_path / "exported").glob("*.wav")
    samples, rate_hz = soundfile.read(recording, dtype="float32", always_2d=True)
    heard = [word.word for word in words_in(np.ascontiguousarray(samples[:, 1]), rate_hz)]
    # The word in the middle of which it was put on hold may be heard in two pieces.
    assert [word for word, _ in groupby(heard)] == GREETING.replace(".", "").split(), call.log
