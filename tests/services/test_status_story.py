"""In the middle of a call a service is lost and comes back: `steadyline status` tells the story, and so do the metrics."""

import asyncio
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.services.full_disk import FULL, FullDisk
from tests.services.scenes import SimulatedSystem, answer_to, answered, ask, play, started

from steadyline.commands.status_table import table
from steadyline.services.status_server import StatusServer
from steadyline.services.system_status import overview

NAMES = ("gateway", "inbound", "whisper", "llama", "tts", "outbound")


def looked_at(system: SimulatedSystem) -> dict[str, Any]:
    """What `steadyline status --json` prints at this moment."""
    answers = {
        name: StatusServer(running.runtime, name, running.service).status() if running else None
        for name, running in ((name, system.running.get(name)) for name in NAMES)
    }
    return overview(answers, None)


def told(shown: dict[str, Any], service: str, name: str, call_id: int) -> dict[str, Any]:
    """One connection as a service tells it."""
    [found] = [
        one for one in shown["connections"] if (one["service"], one["name"], one["call_id"]) == (service, name, call_id)
    ]
    return found


def sample(system: SimulatedSystem, service: str, name: str, **labels: str) -> float | None:
    registry = system.running[service].runtime.metrics.registry
    return registry.get_sample_value(f"steadyline_{name}", {"service": service, **labels})


def test_what_is_lost_since_when_how_often_and_when_it_healed(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha")
        call_id = system.running["gateway"].service.calls()[0]["call_id"]
        assert {one["losses"] for one in looked_at(system)["connections"]} == {0}

        system.kill("whisper")
        await asyncio.sleep(1.0)
        lost = looked_at(system)
        states = {service["name"]: service["state"] for service in lost["services"]}
        assert [name for name, state in states.items() if state != "ready"] == ["whisper"]
        for service, name in (("inbound", "whisper → inbound"), ("llama", "whisper → llama")):
            one = told(lost, service, name, call_id)
            assert (one["state"], one["losses"], one["side"]) == ("lost", 1, "accepts")
            assert one["since_s"] == one["lost_ago_s"] == pytest.approx(1.0, abs=0.01) and one["healed_ago_s"] is None
        assert told(lost, "inbound", "inbound ⇢ whisper", call_id)["state"] == "polling"
        assert re.search(
            r"^1 whisper → inbound +2 +inbound +lost for 1\.0 s .*without BYE\)$", table(lost), re.MULTILINE
        )
        assert "lost 1.0 s ago, not healed; 1 times within the hour" in table(lost)
        labels = {"connection": "3", "peer": "whisper", "side": "accepts"}
        assert sample(system, "llama", "connections", state="lost", **labels) == 1

        await system.start("whisper")
        await asyncio.sleep(10.0)
        healed = looked_at(system)
        assert {service["state"] for service in healed["services"]} == {"ready"}
        one = told(healed, "llama", "whisper → llama", call_id)
        assert (one["state"], one["losses"], one["flaps_last_hour"]) == ("open", 1, 1)
        assert 8.5 < one["healed_ago_s"] < one["lost_ago_s"] == pytest.approx(11.0, abs=0.01)
        assert one["gap_ms"] / 1000 == pytest.approx(one["lost_ago_s"] - one["healed_ago_s"], abs=0.01)
        assert one["last_frame_ms"] < 1250 and one["round_trip_ms"] > 0
        assert re.search(r"lost 11 s ago, healed [\d.]+ s ago, after \d+ ms; 1 times within the hour", table(healed))
        assert sample(system, "llama", "connection_reconnections_total", **labels) == 1
        assert sample(system, "llama", "connections", state="lost", **labels) == 0
        assert await ask(call, "bravo") == answer_to("bravo")

    play(scene, journal)


def test_a_service_that_comes_back_says_what_was_sent_to_it_again(journal: Path) -> None:
    """Outbound has a clause whole before it is played; a new one gets it again from the TTS."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.say("alpha")
        await asyncio.sleep(2.5)
        system.kill("outbound")
        await system.start("outbound")
        await asyncio.sleep(6.0)
        labels = {"connection": "5", "peer": "outbound", "side": "dials"}
        assert (sample(system, "tts", "connection_resent_frames_total", **labels) or 0) > 3
        assert sample(system, "tts", "connection_reconnections_total", **labels) == 1

    play(scene, journal)


def test_parts_of_a_turn_and_the_engines_time_are_measured(journal: Path) -> None:
    """The fake engines take 150 ms to hear, 100 ms to the first word, 50 ms to speak a clause."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        for word in ("alpha", "bravo"):
            await ask(call, word)

        def times(service: str, name: str, **labels: str) -> tuple[float, float]:
            count = sample(system, service, f"{name}_count", **labels)
            return count or 0.0, (sample(system, service, f"{name}_sum", **labels) or 0.0) / (count or 1.0)

        assert times("whisper", "turn_part_seconds", part="transcription") == (2, pytest.approx(0.15, abs=0.01))
        assert times("whisper", "inference_seconds", work="transcribe") == (2, pytest.approx(0.15, abs=0.01))
        assert times("llama", "inference_seconds", work="answer")[0] == 4, (
            "two answers, each with a rest after its first clause"
        )
        count, mean_s = times("llama", "turn_part_seconds", part="first_clause")
        assert count == 2 and 0.1 < mean_s < 0.3
        assert times("tts", "turn_part_seconds", part="synthesis") == (3, pytest.approx(2 / 3 * 0.05, abs=0.01)), (
            "the greeting is there before the call"
        )
        count, mean_s = times("gateway", "turn_part_seconds", part="first_audio")
        assert count == 2 and 0 < mean_s < 0.1, "the time to answer, which was prepared while the silence went on"
        assert times("gateway", "turn_part_seconds", part="phrase")[0] == 0
        assert times("tts", "inference_seconds", work="render")[0] == 7, (
            "three texts for all calls, and two clauses each"
        )
        assert times("gateway", "call_ready_seconds")[0] == 1
        assert [sample(system, name, "queue_depth") for name in NAMES] == [0] * len(NAMES)

    play(scene, journal)


def test_work_that_waits_for_a_worker_is_the_queue(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        system.config.whisper.workers = 1
        await started(system)
        host = system.running["whisper"].host
        assert host is not None
        silence = np.zeros(1600, np.float32)
        work = [asyncio.ensure_future(host.run(lambda engine: engine.transcribe(silence), "test")) for _ in range(4)]
        await asyncio.sleep(0.05)
        assert sample(system, "whisper", "queue_depth") == 3
        work[3].cancel()
        await asyncio.sleep(0.15)
        assert sample(system, "whisper", "queue_depth") == 1
        await asyncio.gather(*work[:3])
        assert sample(system, "whisper", "queue_depth") == 0
        assert sample(system, "whisper", "inference_seconds_count", work="test") == 3

    play(scene, journal)


def test_a_fault_stands_below_its_service(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FullDisk()
    disk.install(monkeypatch)

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        disk.is_full = True
        await answered(system)
        await asyncio.sleep(5.0)
        shown = looked_at(system)
        [llama] = [service for service in shown["services"] if service["name"] == "llama"]
        assert llama["state"] == "ready" and [fault["name"] for fault in llama["faults"]] == ["journal"]
        assert re.search(rf"^llama .*\n  FAULT for \d+(\.\d)? s: {FULL}; \d writes wait$", table(shown), re.MULTILINE)
        disk.is_full = False

    play(scene, journal)


def test_a_call_that_is_over_leaves_no_connection_on_any_board(journal: Path) -> None:
    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        before = looked_at(system)["connections"]
        call = await answered(system)
        assert len(looked_at(system)["connections"]) > len(before)
        call.hang_up()
        await asyncio.sleep(1.0)
        after = looked_at(system)["connections"]
        assert {(one["service"], one["name"], one["side"]) for one in after} == {
            ("gateway", "inbound → gateway", "accepts"),
            ("gateway", "outbound → gateway", "accepts"),
            ("inbound", "inbound → gateway", "dials"),
            ("outbound", "outbound → gateway", "dials"),
        }

    play(scene, journal)


def test_time_to_filler_and_time_to_answer_are_kept_apart(journal: Path) -> None:
    """Llama is away for 5 s: the caller is asked to wait, then answered."""

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill("llama")
        call.say("alpha")
        await asyncio.sleep(5.0)
        await system.start("llama")
        await asyncio.sleep(5.0)
        phrase_s = sample(system, "gateway", "turn_part_seconds_sum", part="phrase") or 0.0
        answer_s = sample(system, "gateway", "turn_part_seconds_sum", part="first_audio") or 0.0
        assert 2.4 < phrase_s < 4.0 < answer_s

    play(scene, journal)
