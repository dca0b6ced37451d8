"""/metrics, /live and /ready of real processes, and what `steadyline status` says of a peer that is frozen in a call."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.processes.real_system import DEADLOCK_S, RealSystem, wait_until, with_settings

from steadyline.config import Config
from steadyline.config_file import load_config
from steadyline.supervisor.free_ports import free_port_settings

HOST = "127.0.0.1"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and body; status 0 when nobody listens."""
    connection = http.client.HTTPConnection(HOST, port, timeout=DEADLOCK_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except ConnectionError:
        return 0, ""
    finally:
        connection.close()


def scraped(port: int) -> Samples:
    """All samples of a process, by name and labels."""
    status, text = ask(port, "/metrics")
    assert status == 200
    families = text_string_to_metric_families(text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((f"steadyline_{name}", frozenset(labels.items())), 0.0)


@contextmanager
def service(name: str, tmp_path: Path, *settings: str) -> Iterator[Config]:
    """One service alone."""
    every = [*free_port_settings(), f"journal.path={tmp_path / 'journal.sqlite'}", *settings]
    process = subprocess.Popen(
        [sys.executable, "-m", "steadyline", *with_settings(every), name], stderr=subprocess.PIPE, text=True
    )
    try:
        yield load_config(None, every)
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLOCK_S) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_service_alone_is_live_then_ready_and_can_be_scraped(tmp_path: Path) -> None:
    with service("llama", tmp_path, "llama.engine=openai") as config:
        port = config.llama.metrics_port
        wait_until(lambda: ask(port, "/live") == (200, "live\n"), "llama is live")
        wait_until(lambda: ask(port, "/ready") == (200, "ready\n"), "llama is ready")
        samples = scraped(port)
        assert value(samples, "queue_depth", service="llama") == 0
        wait_until(
            lambda: value(scraped(port), "event_loop_stall_seconds_count", service="llama") > 0, "its loop is watched"
        )


def test_a_service_that_waits_is_live_and_says_for_what(tmp_path: Path) -> None:
    with service("inbound", tmp_path) as config:
        port = config.inbound.metrics_port
        wait_until(lambda: ask(port, "/live")[0] == 200, "inbound is live")
        assert ask(port, "/ready") == (503, "waiting for the gateway\n")
        samples = scraped(port)
        labels = {"service": "inbound", "connection": "0", "peer": "gateway", "side": "dials"}
        assert value(samples, "connection_attempts_total", **labels) >= 1
        assert value(samples, "connections", state="connecting", **labels) == 1


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSystem]:
    # The supervisor is to leave a frozen service alone here.
    patient = ("supervisor.stopped_after_s=300", "supervisor.silent_after_s=300")
    running = RealSystem(tmp_path_factory.mktemp("system"), *patient)
    try:
        running.wait_line("ready ")
        yield running
    finally:
        running.destroy()


@pytest.fixture
def in_a_call(system: RealSystem, tmp_path: Path) -> Iterator[int]:
    """A caller who listens; the call's id."""
    uri = next(line for line in system.lines if line.startswith("ready ")).split()[1]
    arguments = [*with_settings(system.settings), "call", "--target", uri, "--out", str(tmp_path), "--hold", "120"]
    caller = subprocess.Popen(
        [sys.executable, "-m", "steadyline", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(
            lambda: [one for one in of_call(system.status()) if one["number"] == 5] != [], "the greeting is said"
        )
        [call] = system.status()["calls"]
        yield call["call_id"]
    finally:
        caller.send_signal(signal.SIGINT)
        caller.wait(DEADLOCK_S)


def of_call(status: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in status["connections"] if one["call_id"]]


def states(status: dict[str, Any], name: str) -> dict[str, str]:
    """The state of a connection of the call, by who tells it."""
    return {one["service"]: one["state"] for one in of_call(status) if one["name"] == name}


def test_a_frozen_peer_is_lost_in_the_status_that_is_asked_for_at_once_and_healed_later(
    system: RealSystem, in_a_call: int
) -> None:
    config = load_config(None, system.settings)
    whisper = system.children()["whisper"]
    whisper.send_signal(signal.SIGSTOP)
    try:
        frozen_at = time.monotonic()
        shown = system.status()
        print(f"status after the freeze came within {time.monotonic() - frozen_at:.2f} s")
        assert [one["name"] for one in shown["services"] if one["state"] == "does not answer"] == ["whisper"]
        assert states(shown, "whisper → llama") == {"llama": "lost"}
        assert states(shown, "whisper → inbound") == {"inbound": "lost"}
        labels = {"service": "llama", "connection": "3", "peer": "whisper", "side": "accepts"}
        assert value(scraped(config.llama.metrics_port), "connections", state="lost", **labels) == 1
    finally:
        with suppress(ProcessLookupError):
            os.kill(whisper.pid, signal.SIGCONT)
    wait_until(lambda: states(system.status(), "whisper → llama").get("llama") == "open", "it is healed")
    [told] = [one for one in of_call(system.status()) if (one["service"], one["number"]) == ("llama", 3)]
    assert told["losses"] >= 1 and told["healed_ago_s"] < told["lost_ago_s"] and told["gap_ms"] > 0
    samples = scraped(config.llama.metrics_port)
    assert value(samples, "connection_reconnections_total", **labels) == told["losses"]
    assert value(samples, "connection_gap_repaired_seconds_count", **labels) == told["losses"]


def test_the_supervisor_counts_restarts(system: RealSystem) -> None:
    port = load_config(None, system.settings).supervisor.metrics_port
    labels = {"service": "supervisor", "child": "outbound"}
    assert ask(port, "/ready") == (200, "ready\n")
    assert value(scraped(port), "service_restarts_total", **labels) == 0
    system.children()["outbound"].kill()
    wait_until(lambda: value(scraped(port), "service_restarts_total", **labels) == 1, "the restart is counted")
