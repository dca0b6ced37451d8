"""What a replay runs on that the recorded call did not."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tests.replay.calls import sketched

from steadyline.cli import main
from steadyline.config import Config
from steadyline.recorder.format import Origin
from steadyline.replay.changes import changes
from steadyline.replay.recorded_call import RecordedCall
from steadyline.services.origin import system_origin


def test_nothing_is_told_of_what_is_the_same_and_of_what_is_not_known() -> None:
    present = system_origin(Config())
    assert changes(present, present) == [] and changes(Origin(), present) == []


def test_another_model_is_named_with_what_it_was() -> None:
    config = Config()
    was = system_origin(config)
    config.whisper.model, config.tts.engine = "whisper-tiny.en", "kokoro"
    lines = changes(was, system_origin(config))
    assert [line.split()[0] for line in lines[:-1]] == [
        "piper.model",
        "whisper.model",
        "kokoro.model",
        "kokoro.voices",
    ]
    assert "is not used" in lines[0] and "was whisper-base" in lines[1] and "is whisper-tiny.en" in lines[1]
    assert lines[-1] == "the configuration differs in [whisper], [tts]"


def test_a_section_that_no_replay_depends_on_is_not_told() -> None:
    config = Config()
    was = system_origin(config)
    config.journal.path, config.pbx.server, config.standby.engine = "elsewhere", "pbx", "kokoro"
    assert changes(was, system_origin(config)) == []


def test_the_file_of_a_call_has_what_it_ran_on(tmp_path: Path) -> None:
    call = replace(sketched(), origin=system_origin(Config()))
    call.save(tmp_path / "a.call.zip")
    assert asdict(RecordedCall.load(tmp_path / "a.call.zip").origin) == asdict(call.origin)


def test_a_replay_tells_it_before_the_differences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = replace(sketched(), origin=Origin({"whisper.model": "\x1b[2Jother sha256:12"}, {"inbound": "0"}))
    call.save(tmp_path / "a.call.zip")
    main(["replay", str(tmp_path / "a.call.zip"), "--tolerance-ms", "100000"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("not as then: whisper.model was \ufffd[2Jother sha256:12, is whisper-base sha256:")
    assert [line for line in lines if "the configuration differs in [inbound]" in line] == lines[3:4]
    assert "words" in lines[4]
    main(["replay", str(tmp_path / "a.call.zip"), "--tolerance-ms", "100000", "--json"])
    assert len(json.loads(capsys.readouterr().out)["changes"]) == 4
