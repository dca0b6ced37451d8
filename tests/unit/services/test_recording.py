"""The recorder that a configuration asks for: where it writes, what it leaves out, and what expires."""

import logging
import os
import time
from pathlib import Path

import pytest
from tests.link.worlds import make_runtime

from steadyline.config import Config
from steadyline.config_file import load_config
from steadyline.link.memory import MemoryNetwork
from steadyline.recorder.folders import call_folder, open_file, recorded_calls
from steadyline.recorder.recorder import What
from steadyline.recorder.retention import DAY_S
from steadyline.services.recording import call_recorder, recordings_directory, what_is_recorded

UUIDS = [f"01234567-89ab-cdef-0123-{number:012x}" for number in range(4)]
DEADLOCK_S = 20.0


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([], What(audio=True, bodies=False)),
        (["recorder.bodies=true"], What(audio=True, bodies=True)),
        (["recorder.audio=false"], What(audio=False, bodies=False)),
        (["recorder.bodies=true", "journal.store_text=false"], What(audio=False, bodies=False)),
        (["recorder.enabled=false"], None),
    ],
)
def test_what_is_recorded(settings: list[str], expected: What | None) -> None:
    assert what_is_recorded(load_config(None, settings)) == expected


def test_recordings_lie_beside_the_journal_or_where_one_wants_them() -> None:
    assert recordings_directory(load_config(None, ["journal.path=/a/b.sqlite"])) == Path("/a/recordings")
    assert recordings_directory(load_config(None, ["recorder.directory=/c"])) == Path("/c")
    assert recordings_directory(Config()).is_absolute()


def old_recordings(directory: Path) -> None:
    """One of each of the last days."""
    for day, uuid in enumerate(UUIDS):
        os.close(open_file(call_folder(directory, uuid), "gateway-1"))
        os.utime(directory / uuid / "gateway-1.rec", (time.time() - day * DAY_S - 60,) * 2)


@pytest.mark.parametrize(
    ("enabled", "service", "left"), [("true", "gateway", 2), ("false", "gateway", 2), ("true", "llama", 4)]
)
def test_what_is_too_old_goes_when_the_gateway_starts(tmp_path: Path, enabled: str, service: str, left: int) -> None:
    old_recordings(tmp_path)
    settings = [f"recorder.directory={tmp_path}", "recorder.keep_days=2", f"recorder.enabled={enabled}"]
    recorder = call_recorder(service, load_config(None, settings), make_runtime(MemoryNetwork(), service))
    deadline = time.monotonic() + DEADLOCK_S
    while len(list(recorded_calls(tmp_path))) > left and time.monotonic() < deadline:
        time.sleep(0.01)
    recorder.close()
    assert set(recorded_calls(tmp_path)) == set(UUIDS[:left])


def test_a_directory_that_cannot_be_read_is_said_once_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    config = load_config(None, [f"recorder.directory={tmp_path / 'file'}"])
    with caplog.at_level(logging.WARNING):
        call_recorder("gateway", config, make_runtime(MemoryNetwork(), "gateway")).close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
