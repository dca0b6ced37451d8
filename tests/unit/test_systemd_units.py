"""The systemd units in deploy/: one for each service, for commands that exist, and nothing in them that systemd refuses."""

import os
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from steadyline.cli import build_parser
from steadyline.config import Config
from steadyline.services.assembly import SERVICES
from steadyline.services.status_client import side_status_ports

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "systemd"
TARGET = "steadyline.target"
PROGRAM = "/opt/steadyline/.venv/bin/steadyline"
FILES = sorted(UNITS.iterdir())
NAMES = (*SERVICES, *side_status_ports(Config()))
REAL_TIME_KEYS = {"LimitRTPRIO", "RestrictRealtime"}
OWN_KEYS = {"ExecStart", "TimeoutStartSec", "TimeoutStopSec", "RestartSec", "RestartPreventExitStatus", *REAL_TIME_KEYS}
"""In these the units differ; all else that stands in [Service] is the same everywhere."""


def read(file: Path) -> dict[str, dict[str, list[str]]]:
    """Sections of a unit to keys to values, as systemd.syntax(7) has it (without continued lines, which must not occur)."""
    sections: dict[str, dict[str, list[str]]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        assert not line.endswith("\\"), line
        if line.startswith(("#", ";")) or not line.strip():
            continue
        if header := re.fullmatch(r"\[(\w+)\]", line):
            keys = sections[header[1]] = defaultdict(list)
        else:
            key, equals, value = line.partition("=")
            assert equals and re.fullmatch(r"[A-Z]\w+", key), line
            keys[key].append(value)
    return sections


def command(file: Path) -> list[str]:
    [line] = read(file)["Service"]["ExecStart"]
    return line.split()


SERVICE_FILES = [file for file in FILES if file.suffix == ".service"]


def test_every_service_has_a_unit_and_so_has_the_whole_system() -> None:
    commands = {"up": "steadyline.service", **{name: f"steadyline-{name}.service" for name in NAMES}}
    assert {file.name for file in FILES} == {TARGET, *commands.values()}
    for name, file in commands.items():
        assert command(UNITS / file) == [PROGRAM, name]


@pytest.mark.parametrize("file", SERVICE_FILES, ids=lambda file: file.name)
def test_its_command_is_one_of_the_command_line(file: Path) -> None:
    build_parser().parse_args(command(file)[1:])


@pytest.mark.parametrize("file", SERVICE_FILES, ids=lambda file: file.name)
def test_it_is_restarted_watched_and_confined_like_all_others(file: Path) -> None:
    service, whole = read(file)["Service"], read(UNITS / "steadyline.service")["Service"]
    assert service["Restart"] == ["always"]
    assert (service["Type"], service["WatchdogSec"]) == (["notify"], ["10"])
    shared = {key: values for key, values in service.items() if key not in OWN_KEYS}
    assert shared == {key: values for key, values in whole.items() if key not in OWN_KEYS}
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == (["yes"], ["strict"])


@pytest.mark.parametrize("file", SERVICE_FILES, ids=lambda file: file.name)
def test_only_the_gateway_may_be_scheduled_in_real_time(file: Path) -> None:
    service = read(file)["Service"]
    has_gateway = file.name in ("steadyline.service", "steadyline-gateway.service")
    expected = {"LimitRTPRIO": ["1"]} if has_gateway else {"RestrictRealtime": ["yes"]}
    assert {key: service[key] for key in REAL_TIME_KEYS & service.keys()} == expected


@pytest.mark.parametrize("name", NAMES)
def test_no_service_needs_or_awaits_another(name: str) -> None:
    unit = read(UNITS / f"steadyline-{name}.service")
    named = [
        value for values in unit["Unit"].values() for value in values if "steadyline" in value and ":" not in value
    ]
    assert named == [TARGET]
    assert unit["Unit"]["PartOf"] == unit["Install"]["WantedBy"] == [TARGET]


def test_it_is_one_unit_or_all_of_them() -> None:
    assert read(UNITS / "steadyline.service")["Unit"]["Conflicts"] == [TARGET]
    assert read(UNITS / TARGET)["Unit"]["Conflicts"] == ["steadyline.service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_to_say_about_them(tmp_path: Path) -> None:
    program = tmp_path / "steadyline"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for file in FILES:
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8").replace(PROGRAM, str(program)))
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / file.name) for file in FILES)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning", "SYSTEMD_COLORS": "0"},
    )
    ours = [line for line in (result.stdout + result.stderr).splitlines() if "steadyline" in line]
    assert ours == []


def test_the_document_installs_them_where_they_expect_to_be() -> None:
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert "deploy/systemd/" in document and "/opt/steadyline" in document
    [config] = re.findall(
        r"^Environment=STEADYLINE_CONFIG=(\S+)$", (UNITS / "steadyline.service").read_text(), re.MULTILINE
    )
    assert config in document
