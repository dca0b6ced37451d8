"""A real system with a call on it, and on its ports some hundred connections that say nothing and thousands of REGISTERs."""

import itertools
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from tests.noise import measured_up_to_three_times
from tests.processes.real_system import DEADLOCK_S, RealSystem, wait_until, with_settings

WORDS = 45
GREETING = " ".join(itertools.islice(itertools.cycle(["alpha", "delta", "golf", "juliett", "mike", "papa"]), WORDS))
"""Spoken as a tone of 120 ms a word, each with 60 ms of silence behind it: neighbours differ."""
WORD_S, PERIOD_S, GAP_S = 0.12, 0.18, 0.06
BURSTS, BURST_S = 70, 0.1
CONNECTIONS_PER_BURST, DATAGRAMS_PER_BURST = 6, 30
SECRET = "what all of them share"


@pytest.fixture(params=["no secret", "a secret"])
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealSystem]:
    settings = ["tts.engine=examples.tone_engine:ToneSynthesizer", f"llama.greeting={GREETING}"]
    if request.param == "a secret":
        path = tmp_path / "secret"
        path.write_text(SECRET)
        path.chmod(0o600)
        settings.append(f"network.secret_file={path}")
    running = RealSystem(tmp_path, *settings)
    try:
        running.wait_line("ready ")
        yield running
    finally:
        running.destroy()


def port(system: RealSystem, key: str) -> int:
    (text,) = [text.partition("=")[2] for text in system.settings if text.startswith(f"{key}=")]
    return int(text)


def invented(number: int, call_id: int) -> bytes:
    """Datagrams for calls that there are not; one of them has a call's id."""
    return (
        f"REGISTER {call_id} invented-{number}\n".encode(),
        f"BYE {call_id} invented-{number}\n".encode(),
        f"REGISTER {2 * number} invented-{number}\n".encode(),
        b"REGISTER 4000 always-the-same\n",
    )[number % 4]


def flood(system: RealSystem, call_id: int) -> list[socket.socket]:
    """For seven seconds; the connections, which are open still on this side."""
    keys = ("gateway.processor_port", "llama.port", "tts.port", "gateway.status_port", "whisper.status_port")
    tcp_ports = [port(system, key) for key in keys]
    tcp_ports += [port(system, f"{name}.audio_port_base") + call_id for name in ("inbound", "outbound")]
    udp_ports = [port(system, "whisper.register_port"), port(system, "tts.register_port")]
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
    connections, numbers, targets = list[socket.socket](), itertools.count(), itertools.cycle(tcp_ports)
    begun_at = time.monotonic()
    for burst in range(BURSTS):
        for _ in range(CONNECTIONS_PER_BURST):
            connections.append(socket.create_connection(("127.0.0.1", next(targets)), DEADLOCK_S))
        for number in itertools.islice(numbers, DATAGRAMS_PER_BURST):
            for udp_port in udp_ports:
                senders[number % len(senders)].sendto(invented(number, call_id), ("127.0.0.1", udp_port))
        time.sleep(max(0.0, begun_at + (burst + 1) * BURST_S - time.monotonic()))
    for sender in senders:
        sender.close()
    return connections


def sounds_in(recording: NDArray[np.float64], rate_hz: int) -> list[tuple[float, float]]:
    """Start and length of each tone, s."""
    step = rate_hz // 200
    whole = recording[: len(recording) // step * step].reshape(-1, step)
    loud = np.concatenate(([0], np.sqrt(np.square(whole).mean(axis=1)) > 0.03, [0]))
    edges = np.flatnonzero(np.diff(loud))
    return [(start / 200, (end - start) / 200) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def answered(system: RealSystem) -> list[int]:
    """Ids of the calls that were answered so far."""
    return [int(found[1]) for line in system.lines if (found := re.search(r"\[call (\d+)\] answered with", line))]


def call_and_flood(system: RealSystem, out: Path) -> tuple[dict[str, Any], list[socket.socket]]:
    """Call, flood the system while it greets, and hang up; the caller's report, and the flood's connections."""
    before = len(answered(system))
    target = f"sip:steadyline@127.0.0.1:{port(system, 'gateway.sip_port')}"
    command = [sys.executable, "-m", "steadyline", *with_settings(system.settings), "call", "--json", "--codec", "PCMU"]
    caller = subprocess.Popen(
        [*command, "--target", target, "--out", str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_until(lambda: len(answered(system)) > before, "the call is answered")
        connections = flood(system, answered(system)[-1])
        output, errors = caller.communicate(timeout=DEADLOCK_S)
        assert output, errors
        return json.loads(output), connections
    finally:
        caller.kill()
        caller.communicate()


@measured_up_to_three_times
def test_the_caller_hears_every_word_without_a_gap_while_the_ports_are_flooded(
    system: RealSystem, tmp_path: Path
) -> None:
    report, connections = call_and_flood(system, tmp_path / "call")
    for connection in connections:
        connection.settimeout(DEADLOCK_S)
        # Its reason, then the end; a reset where it was sent away before it could be told.
        try:
            while connection.recv(4096):
                pass
        except ConnectionResetError:
            pass
        connection.close()
    assert len(connections) == BURSTS * CONNECTIONS_PER_BURST
    assert report["ended"] == "completed", report
    recording, rate_hz = soundfile.read(report["recording"])
    sounds = sounds_in(recording[:, 1], rate_hz)
    assert len(sounds) == WORDS, sounds
    assert [length_s for _, length_s in sounds] == pytest.approx([WORD_S] * WORDS, abs=0.02)
    # A packet may come late on a busy machine, by less than the ear hears; what were sent late would make all of it longer.
    steps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(sounds)]
    assert steps == pytest.approx([PERIOD_S] * (WORDS - 1), abs=GAP_S)
    assert sounds[-1][0] - sounds[0][0] == pytest.approx(PERIOD_S * (WORDS - 1), abs=0.04)
    assert [line for line in system.lines if re.search(r"\blost\b", line)] == [], (
        "no connection of the call was touched"
    )
    assert {(one["state"], one["restarts"]) for one in system.status()["services"]} == {("ready", 0)}
    assert len(system.lines) < 700, "a flood is not logged line by line"
    assert SECRET not in system.output
