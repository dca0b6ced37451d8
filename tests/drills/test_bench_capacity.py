"""A quick form of `steadyline bench capacity`, on real processes and SIP. No time is asserted: the machine may be busy."""

import json
import subprocess
import sys
from pathlib import Path

from steadyline.config_file import load_config

DEADLOCK_S = 280.0
"""Only ends a run that hangs."""


def test_callers_talk_are_counted_and_the_limit_is_written(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[gateway]\nmax_calls = 7  # by guess\n")
    measured = ("capacity", "--engines", "instant", "--calls", "1,3", "--step-s", "8", "--p95", "30", "--write")
    command = [sys.executable, "-m", "steadyline", "--config", str(config), "bench", *measured]
    ran = subprocess.run(
        [*command, "--json", "--out", str(tmp_path)], capture_output=True, text=True, timeout=DEADLOCK_S
    )
    result = json.loads(ran.stdout)
    assert result == json.loads((tmp_path / "bench-capacity-instant.json").read_text())
    assert ran.returncode == (0 if result["limit"] else 1), ran.stderr
    assert result["faults"] or [step["calls"] for step in result["steps"]] == [1, 3]
    for step in result["steps"]:
        assert (step["refused"], step["unanswered"]) == (0, 0), ran.stderr
        assert step["turns"] >= step["calls"], "every caller was answered"
        assert step["packets"] > 300 * step["calls"], "8 s have 400"
        assert set(step["cpu"]) == {"gateway", "inbound", "outbound", "whisper", "llama", "tts"}
        assert step["cpu_percent_per_call"] > 0
    text, expected = config.read_text(), result["limit"] or 7
    assert load_config(config).gateway.max_calls == expected
    assert text == f"[gateway]\nmax_calls = {expected}  # by guess\n"
    assert "packets, p99" in (tmp_path / "bench-capacity-instant.html").read_text()
