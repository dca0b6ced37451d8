"""Floods at a system with a call on it, with a shared secret and without: the caller hears what they would have heard."""

import asyncio
import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.services.scenes import SimulatedSystem, answer_to, answered, ask, drill_config, play, remains, started
from tests.services.test_bad_input import PORTS, Stranger, connect
from tests.services.test_registration import TTS_UDP, WHISPER_UDP
from tests.services.test_secret import secured_config

from steadyline.config import Config
from steadyline.drills.simulated_call import SimulatedCall
from steadyline.drills.tone_speech import WORD_S, HeardWord

QUESTIONS = ("alpha", "bravo")
BURSTS = 30
SILENT_PER_BURST = 300
"""On every port, in every tenth burst: more than may be half-open."""
DATAGRAMS_PER_BURST = 100


@pytest.fixture(params=["no secret", "a secret"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    """With the secret or without."""
    config = secured_config(tmp_path)
    if request.param == "no secret":
        config.network.secret_file = ""
    return config


def invented(system: SimulatedSystem) -> Iterator[bytes]:
    """Datagrams of somebody who knows the protocol and nothing of the call, but for its id."""
    (call,) = system.running["gateway"].service.calls()
    for number in itertools.count():
        yield f"REGISTER {call['call_id']} invented-{number}\n".encode()
        yield f"REGISTER {2 * (number % 30_000)} invented-{number}\n".encode()
        yield b"REGISTER 4000 always-the-same\n"
        yield f"BYE {call['call_id']} invented-{number}\n".encode()
        yield b"BYE 4000 always-the-same\n"
        yield bytes([number % 256]) * 50


async def flood(system: SimulatedSystem, for_s: float) -> list[Stranger]:
    """Silent connections to every port, and thousands of datagrams, spread over a while."""
    strangers: list[Stranger] = []
    senders = [await system.network.open_datagram(("127.0.0.1", 0), lambda data, sender: None) for _ in range(3)]
    datagrams = invented(system)
    for burst in range(BURSTS):
        for port, _, _ in PORTS.values():
            count = SILENT_PER_BURST if burst % 10 == 0 else 0
            strangers += await asyncio.gather(*(connect(system, port, b"") for _ in range(count)))
        for number in range(DATAGRAMS_PER_BURST):
            data, sender = next(datagrams), senders[number % len(senders)]
            for udp_port in (WHISPER_UDP, TTS_UDP):
                sender.send(data, ("127.0.0.1", udp_port))
        await asyncio.sleep(for_s / BURSTS)
    for sender in senders:
        sender.close()
    return strangers


async def converse(call: SimulatedCall) -> list[HeardWord]:
    """Ask, and hear the answers."""
    for question in QUESTIONS:
        assert await ask(call, question) == answer_to(question)
    return call.heard


def heard_in_peace(config: Config, journal: Path) -> list[HeardWord]:
    """What a caller hears, and when, on a system that nobody disturbs."""
    heard: list[HeardWord] = []

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        heard.extend(await converse(await answered(system)))

    play(scene, journal, config=config)
    return heard


def spacing(heard: list[HeardWord]) -> list[float]:
    """From word to word, where both belong to one answer."""
    steps = [later.start_s - earlier.start_s for earlier, later in itertools.pairwise(heard)]
    return [step for step in steps if step < 1.0]


def test_a_flood_leaves_the_call_as_it_is(config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every word once, whole, and when it would have come anyway; afterwards nothing is left of the flood."""
    undisturbed = heard_in_peace(config, tmp_path / "quiet.sqlite")

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        before = remains(system)
        flooding = asyncio.ensure_future(flood(system, for_s=5.0))
        heard = await converse(call)
        assert flooding.done(), "the flood was shorter than the conversation"
        assert [word.word for word in heard] == [word.word for word in undisturbed]
        assert spacing(heard) == pytest.approx(spacing(undisturbed), abs=0.011), "no gap within an answer"
        assert heard[-1].start_s == pytest.approx(undisturbed[-1].start_s, abs=0.15), "nor before one"
        assert [word.duration_s for word in heard] == pytest.approx([WORD_S] * len(heard), abs=0.011)
        assert call.overflowed_samples == 0
        await asyncio.sleep(15)
        assert not call.closed.done()
        assert all(stranger.is_closed for stranger in flooding.result())
        assert {stranger.refusal.code for stranger in flooding.result()} == {"too-many", "hello-timeout"}
        changed = {name: value for name, value in remains(system).items() if value != before[name]}
        assert not {"registrations", "free slots", "listeners", "udp ports", "all tasks"} & changed.keys(), changed
        assert [len(system.running[name].service.calls()) for name in ("whisper", "llama", "tts")] == [1, 1, 1]

    with caplog.at_level(logging.INFO, "steadyline"):
        play(scene, tmp_path / "flooded.sqlite", config=config)
        lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) < 400, "a flood of 6,000 datagrams and 4,500 connections is not logged line by line"


def test_invented_calls_are_few_and_reach_nobody_behind_whisper(journal: Path) -> None:
    """Without a secret they make sessions in whisper and the TTS, which wait for a connection in vain; LLaMA has none."""
    most = drill_config().register.max_unproven_per_sender

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        sender = await system.network.open_datagram(("127.0.0.1", 0), lambda data, sender: None)
        services = {name: system.running[name].service for name in ("whisper", "llama", "tts")}
        for number in range(500):
            for port in (WHISPER_UDP, TTS_UDP):
                sender.send(f"REGISTER {1000 + 2 * number} invented-{number}\n".encode(), ("127.0.0.1", port))
            await asyncio.sleep(0.002)
        assert [len(services[name].calls()) for name in services] == [most, 0, most]
        call = await answered(system)
        assert await ask(call, "alpha") == answer_to("alpha"), "and a real call gets through"
        await asyncio.sleep(10)
        assert [len(services[name].calls()) for name in services] == [1, 1, 1]
        sender.close()

    play(scene, journal)
