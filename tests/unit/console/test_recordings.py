"""A call's recording in the console: a wave form of bounded size, a WAV in any parts, and a plain word where there is none."""

import io
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.unit.console.recorded import UUID, recorder, talk
from tests.unit.console.scene import PASSWORD, Scene

from steadyline.console import wav
from steadyline.recorder.channels import CLOCK_HZ, two_channels
from steadyline.recorder.folders import call_folder
from steadyline.recorder.outline import FULL_SCALE, MAX_STEPS
from steadyline.recorder.reading import Recording, Sound

WAV = f"/api/calls/{UUID}/call.wav"
WAVEFORM = f"/api/calls/{UUID}/waveform"


def recorded(scene: Scene, seconds: float) -> np.ndarray:
    """A call of so many seconds; both its channels."""
    with recorder(scene) as recording:
        talk(recording, seconds)
    return two_channels(Recording(call_folder(scene.recordings, UUID)).sound())


def test_the_wave_form_has_both_channels_to_scale(scene: Scene) -> None:
    recorded(scene, 4.0)
    answer = scene.browser().get(WAVEFORM)
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert found["seconds"] == 4.0 and len(found["caller"]["low"]) == round(4.0 / found["step_s"])
    loud = round(16_000 / 32_768 * FULL_SCALE)
    assert set(found["caller"]["high"]) <= {loud - 1, loud, loud + 1}
    a_second = round(1 / found["step_s"])
    assert not any(found["agent"]["high"][: a_second - 1])
    assert all(
        -loud // 2 - 1 <= low <= -loud // 2 + 2 for low in found["agent"]["low"][a_second + 1 : 2 * a_second - 1]
    )


@pytest.mark.parametrize("seconds", [0.02, 25.0, 130.0])
def test_the_wave_form_is_of_bounded_size(scene: Scene, seconds: float) -> None:
    recorded(scene, seconds)
    answer = scene.browser().get(WAVEFORM)
    assert answer.json()["seconds"] == seconds
    assert all(len(answer.json()[one][end]) <= MAX_STEPS for one in ("caller", "agent") for end in ("low", "high"))
    assert len(answer.content) < 5 * 4 * MAX_STEPS + 200


def test_the_wav_is_what_export_writes(scene: Scene) -> None:
    both = recorded(scene, 5.3)
    answer = scene.browser().get(WAV)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert answer.headers["cache-control"] == "no-store" and "attachment" in answer.headers["content-disposition"]
    samples, rate_hz = soundfile.read(io.BytesIO(answer.content), dtype="int16")
    assert rate_hz == CLOCK_HZ and np.array_equal(samples, both)
    head = scene.browser().head(WAV)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(answer.content)))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-", 0, None),
        ("bytes=0-0", 0, 1),
        ("bytes=10-99", 10, 100),
        ("bytes=44-47", 44, 48),
        ("bytes=200001-260002", 200_001, 260_003),
        ("bytes=200000-", 200_000, None),
        ("bytes=-7", -7, None),
        ("bytes=-99999999999", 0, None),
        ("bytes=0-99999999999", 0, None),
    ],
)
def test_a_part_of_it_is_that_part(scene: Scene, asked: str, start: int, end: int | None) -> None:
    recorded(scene, 5.3)
    whole = scene.browser().get(WAV).content
    answer = scene.browser().get(WAV, headers={"range": asked})
    assert answer.status_code == 206 and answer.content == whole[start:end]
    first = start if start >= 0 else len(whole) + start
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=999999999-",
        "bytes=5-4",
        "bytes=-0",
        "bytes=0-1,5-6",
        "bytes=-",
        "bytes=a-b",
        "samples=0-1",
        "",
        "bytes=" + "9" * 99 + "-",
    ],
)
def test_a_part_that_there_is_not_is_refused_with_what_there_is(scene: Scene, asked: str) -> None:
    recorded(scene, 1.0)
    answer = scene.browser().get(WAV, headers={"range": asked})
    size = wav.wav_size(CLOCK_HZ)
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")
    assert f"0 to {size - 1}" in answer.json()["error"]


def test_an_hour_of_it_is_not_held_in_memory() -> None:
    piece = np.ones(320, np.int16)
    hour = (
        Sound(n * 0.02, is_played, n * 320, CLOCK_HZ, piece) for n in range(50 * 600) for is_played in (False, True)
    )
    tracemalloc.start()
    try:
        sent = sum(len(part) for part in wav.wav_part(hour, CLOCK_HZ * 600, 0, wav.wav_size(CLOCK_HZ * 600)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent == wav.wav_size(CLOCK_HZ * 600) and peak < 3_000_000


def test_what_was_not_recorded_is_told_with_what_to_do(scene: Scene) -> None:
    for path in (WAV, WAVEFORM):
        answer = scene.browser().get(path)
        assert answer.status_code == 404 and "recorder.enabled" in answer.json()["error"]


def test_what_was_recorded_without_sound_is_told_so(scene: Scene) -> None:
    with recorder(scene, audio=False) as recording:
        talk(recording, 1.0)
    answer = scene.browser().get(WAVEFORM)
    assert answer.status_code == 404 and "recorder.audio" in answer.json()["error"]


def test_a_live_call_is_not_touched(scene: Scene) -> None:
    with recorder(scene) as recording:
        talk(recording, 1.0)
        answer = scene.browser().get(WAV)
        assert answer.status_code == 409 and "not over" in answer.json()["error"]
        talk(recording, 1.0)
    assert scene.browser().get(WAV).status_code == 200


def test_one_that_a_crash_cut_off_plays_as_far_as_it_goes(scene: Scene) -> None:
    recorded(scene, 4.0)
    [path] = call_folder(scene.recordings, UUID).glob("*.rec")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 1.5 < scene.browser().get(WAVEFORM).json()["seconds"] < 2.5
    assert scene.browser().get(WAV).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "%2e%2e",
        "..%2f..%2fetc",
        UUID.upper(),
        UUID + "x",
        UUID[:-1],
        "a" * 5000,
        "%00",
        "*",
        "<script>",
        ".",
        UUID + "%2f..",
    ],
)
@pytest.mark.parametrize("what", ["call.wav", "waveform"])
def test_no_name_leads_anywhere_else(scene: Scene, name: str, what: str) -> None:
    recorded(scene, 0.1)
    (scene.folder / "gateway-1.rec").write_bytes(next(call_folder(scene.recordings, UUID).glob("*.rec")).read_bytes())
    answer = scene.browser().get(f"/api/calls/{name}/{what}")
    assert answer.status_code == 404 and b"RIFF" not in answer.content


def test_a_link_to_another_place_is_no_recording(scene: Scene, tmp_path: Path) -> None:
    recorded(scene, 0.1)
    folder = call_folder(scene.recordings, UUID)
    [path] = folder.glob("*.rec")
    path.rename(tmp_path / "elsewhere.rec")
    path.symlink_to(tmp_path / "elsewhere.rec")
    assert scene.browser().get(WAV).status_code == 404


def test_with_a_password_nobody_else_hears_it(scene: Scene) -> None:
    recorded(scene, 0.1)
    stranger = scene.browser(password=PASSWORD)
    assert [stranger.get(path).status_code for path in (WAV, WAVEFORM)] == [401, 401]
    assert json.loads(stranger.get(WAV).content) == {"error": "give the password first"}
