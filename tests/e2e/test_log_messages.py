"""The founding document's log lines, word for word, in the log of a real run for call 66."""

import time
from pathlib import Path

import pytest
from tests.e2e.questions import CAPITAL
from tests.e2e.system import System
from tests.e2e.test_many_calls import check_answers

PIPELINE_LATE_S = 7.0
DEADLOCK_S = 40.0
SUCCESS = (
    "🔗 Pre-connected to LLaMA service for call 66",
    "🔗 Pre-connected to TTS service for call 66",
    "🔗 Connected to inbound audio processor on port {inbound} for call 66 (attempt 1)",
    "🔗 Connected to outbound audio processor on port {outbound} for call 66 (attempt 1)",
    "✅ Whisper service connected for call 66 - stopping registration polling",
    "✅ TTS service connected for call 66 - stopping registration polling",
)
LLAMA_LATE = (
    "⚠️ LLaMA connection attempt 1/10 failed for call 66 - retrying in 200ms",
    "⚠️ LLaMA connection attempt 5/10 failed for call 66 - retrying in 200ms",
    "⚠️ LLaMA connection attempt 9/10 failed for call 66 - retrying in 1000ms",
    "❌ Failed to connect to LLaMA for call 66 after 10 attempts",
)


@pytest.mark.e2e
def test_log_lines_of_a_call_whose_llama_comes_late(tmp_path: Path) -> None:
    system = System(tmp_path / "system", "gateway.first_call_id=66", "gateway.ring_timeout_s=60")
    try:
        for name in ("gateway", "inbound", "outbound", "whisper", "piper"):
            system.start(name)
        time.sleep(PIPELINE_LATE_S)
        call = system.start_call(CAPITAL.path, out=tmp_path / "call", more=("--answer-timeout", "60"))
        # So late that all attempts were made, however slow the machine is.
        deadline = time.monotonic() + DEADLOCK_S
        while "after 10 attempts" not in system.log and time.monotonic() < deadline:
            time.sleep(0.2)
        system.start("llama")
        check_answers(system.finish_call(call), [CAPITAL])
        log = system.log
    finally:
        system.stop()
    ports = {
        "inbound": system.config.inbound.audio_port_base + 66,
        "outbound": system.config.outbound.audio_port_base + 66,
    }
    for line in (*SUCCESS, *LLAMA_LATE):
        assert line.format(**ports) in log, f"{line!r} is not in the log:\n{log}"


@pytest.mark.e2e
def test_default_ports_of_call_66_are_the_founding_documents() -> None:
    from steadyline.config import Config

    config = Config()
    assert (config.inbound.audio_port_base + 66, config.outbound.audio_port_base + 66) == (9067, 9068)
