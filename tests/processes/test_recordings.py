"""A call on a real system, and what its recording tells: the SIP messages, the models and the settings it ran on."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.processes.real_system import DEADLOCK_S, RealSystem, steadyline, wait_until, with_settings

from steadyline.bench.capacity.instant_engines import INSTANT_SETTINGS

QUESTION = Path(__file__).parents[2] / "examples" / "questions" / "1-capital-of-france.wav"
SECRET = "sip-password-4711"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSystem]:
    """A system that was called once and is down again."""
    folder = tmp_path_factory.mktemp("recorded")
    running = RealSystem(folder, *INSTANT_SETTINGS, f"llama.api_key={SECRET}")
    try:
        uri = running.wait_line("ready ").split()[1]
        arguments = [
            *with_settings(running.settings),
            "call",
            "--target",
            uri,
            "--out",
            str(folder / "heard"),
            "--say",
            str(QUESTION),
        ]
        call = subprocess.run([sys.executable, "-m", "steadyline", *arguments], capture_output=True, timeout=DEADLOCK_S)
        assert call.returncode == 0, call.stderr.decode()
        wait_until(lambda: bool(messages(running)) and messages(running)[-1][1].startswith("SIP/2.0 200"), "its BYE")
        running.end(signal.SIGTERM)
        yield running
    finally:
        running.destroy()


def shown(system: RealSystem) -> dict[str, Any]:
    """What `calls show --json` says of the latest call."""
    result = steadyline(*with_settings(system.settings), "calls", "show", "1", "--json")
    content: dict[str, Any] = json.loads(result.stdout) if result.returncode == 0 else {"happenings": []}
    return content


def messages(system: RealSystem) -> list[tuple[bool, str]]:
    """Each SIP message: whether we sent it, and its text."""
    return [(one["sent"], one["message"]) for one in shown(system)["happenings"] if one["event"] == "sip"]


def test_its_sip_messages_are_told_from_the_invite_to_the_answer_to_the_bye(system: RealSystem) -> None:
    told = messages(system)
    lines = [(sent, " ".join(text.split()[:2]) if sent else text.split()[0]) for sent, text in told]
    assert lines == [
        (False, "INVITE"),
        (True, "SIP/2.0 180"),
        (True, "SIP/2.0 200"),
        (False, "ACK"),
        (False, "BYE"),
        (True, "SIP/2.0 200"),
    ]
    assert "m=audio" in told[0][1] and "m=audio" in told[2][1]
    text = steadyline(*with_settings(system.settings), "calls", "show", "1").stdout
    assert "SIP, to and from the caller" in text and "BYE sip:" in text


def test_all_services_ran_on_the_same_and_no_secret_is_told(system: RealSystem) -> None:
    told = shown(system)
    assert told["origin"]["models"].keys() == {"whisper.engine", "llama.engine", "tts.engine"}
    assert {"gateway", "inbound", "llama", "pbx"} <= told["origin"]["settings"].keys()
    assert SECRET not in json.dumps(told)
    why = steadyline(*with_settings(system.settings), "calls", "why", "1", "--json")
    assert "changed-midway" not in {finding["rule"] for finding in json.loads(why.stdout)}


def test_a_replay_says_what_is_not_as_it_was(system: RealSystem, tmp_path: Path) -> None:
    settings = with_settings(system.settings)
    same = steadyline(*settings, "replay", "1", "--tolerance-ms", "100000")
    assert "not as then" not in same.stdout and "words" in same.stdout, same.stderr
    exported = steadyline(*settings, "calls", "export", "1", "--out", str(tmp_path), "--format", "replay")
    arguments = ["--set", "inbound.end_silence_ms=700", "replay", exported.stdout.strip(), "--tolerance-ms", "100000"]
    other = steadyline(*settings, *arguments)
    assert other.stdout.splitlines()[0] == "not as then: the configuration differs in [inbound]", other.stderr
