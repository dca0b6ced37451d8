"""Calls by a third-party softphone: what it says comes back in every codec and over every transport."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.e2e.softphone import PhoneCall, Softphone, write_tone
from tests.sip.agent_process import AgentProcess, free_block
from tests.sip.conftest import TONE_HZ

StartAgent = Callable[..., AgentProcess]

# name: codec, transport, SRTP of the softphone
ECHOED = {
    "PCMU": ("PCMU", "udp", ""),
    "PCMA": ("PCMA", "udp", ""),
    "G722": ("G722", "udp", ""),
    "opus": ("opus", "udp", ""),
    "several": ("PCMA,G722,PCMU", "udp", ""),
    "tcp": ("PCMU", "tcp", ""),
    "keys in RTP/AVP": ("PCMA", "udp", "srtp"),
    "tls and RTP/SAVP": ("opus", "tls", "srtp-mand"),
}
RATE_HZ = {"PCMU": 8000, "PCMA": 8000, "G722": 16000, "opus": 48000}
SECONDS = 4


def tone_seconds(wav: Path) -> float:
    """For how long the recording is dominated by the tone, counted in frames of 50 ms."""
    samples, rate_hz = soundfile.read(str(wav), always_2d=True)
    frame = rate_hz // 20
    frames = samples[: len(samples) // frame * frame, 0].reshape(-1, frame)
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(frame), axis=1))
    loud = frames.std(axis=1) > 0.02
    pure = np.abs(spectrum.argmax(axis=1) * 20 - TONE_HZ) <= 20
    return float((loud & pure).sum()) / 20


@pytest.fixture(scope="module")
def echoed(
    tmp_path_factory: pytest.TempPathFactory, tone_wav: Path, certificate: Path
) -> Iterator[dict[str, tuple[PhoneCall, dict[str, object]]]]:
    """All of `ECHOED` at the same time through one agent: each call, and how the agent reported its end."""
    agent = AgentProcess(transports=["udp", "tcp", "tls"], certificate=str(certificate))
    base = free_block()
    phones = {}
    for index, (name, (codec, transport, srtp)) in enumerate(ECHOED.items()):
        phone = Softphone(tmp_path_factory.mktemp("phone"), base + 3 * index, base + 30 + 8 * index)
        uri = agent.tls_uri if transport == "tls" else agent.uri
        phone.start(uri, tone_wav, SECONDS, codec, transport, srtp, certificate, caller=f"phone{index}")
        phones[name] = phone
    calls = {name: phone.finish(SECONDS + 10) for name, phone in phones.items()}
    ends = [agent.expect("closed") for _ in phones]
    yield {
        name: (call, next(end for end in ends if f"sip:phone{index}@" in str(end["peer"])))
        for index, (name, call) in enumerate(calls.items())
    }
    assert agent.stop() == 0


@pytest.mark.parametrize("name", ECHOED)
def test_what_is_said_comes_back(echoed: dict[str, tuple[PhoneCall, dict[str, object]]], name: str) -> None:
    call, end = echoed[name]
    codec = ECHOED[name][0].split(",")[0]
    assert call.established, call.log
    assert 1.3 < tone_seconds(call.heard_wav) < 1.7
    assert (end["codec"], end["rate_hz"]) == (codec, RATE_HZ[codec])
    assert end["reason"] == "caller hung up"
    assert end["discarded_bytes"] == 0
    assert ("SRTP is Enabled" in call.log) == bool(ECHOED[name][2])


@pytest.mark.parametrize(("srtp", "offered"), [("required", ""), ("off", "srtp-mand")])
def test_a_call_with_the_wrong_kind_of_media_is_refused(
    start_agent: StartAgent, softphone: Softphone, tone_wav: Path, srtp: str, offered: str
) -> None:
    call = softphone.call(start_agent(srtp=srtp).uri, tone_wav, 1, srtp=offered)
    assert "488 Not Acceptable Here" in call.log
    assert not call.established


def test_digits_are_reported(start_agent: StartAgent, softphone: Softphone, tone_wav: Path) -> None:
    agent = start_agent("silent")
    softphone.start(agent.uri, tone_wav, 8)
    softphone.wait_established()
    softphone.press("1*0#")
    for digit in "1*0#":
        assert 20 <= int(agent.expect("digit", digit=digit)["duration_ms"]) <= 1000
    softphone.command("quit")
    softphone.finish(5)
    agent.expect("closed", reason="caller hung up")


def test_a_call_goes_on_after_hold_and_resume(start_agent: StartAgent, softphone: Softphone, tmp_path: Path) -> None:
    agent = start_agent()
    softphone.start(agent.uri, write_tone(tmp_path / "long.wav", TONE_HZ, 10), 6)
    softphone.wait_established()
    # Each re-INVITE starts a new recording, which is named after the second.
    time.sleep(1.1)
    softphone.command("hold")
    agent.expect("ready_changed", ready=False)
    time.sleep(1.1)
    softphone.command("resume")
    agent.expect("ready_changed", ready=True)
    call = softphone.finish(15)
    agent.expect("closed", reason="caller hung up")
    assert tone_seconds(call.heard_wav) > 0.5


def test_the_agent_can_hang_up(start_agent: StartAgent, softphone: Softphone, tone_wav: Path) -> None:
    agent = start_agent("goodbye")
    softphone.start(agent.uri, tone_wav, 8)
    agent.expect("closed", reason="hung up")
    softphone.wait_for_log("session closed")


def test_a_phone_that_vanishes_is_noticed(start_agent: StartAgent, softphone: Softphone, tone_wav: Path) -> None:
    agent = start_agent(rtp_timeout_s=1)
    softphone.start(agent.uri, tone_wav, 8)
    softphone.wait_established()
    softphone.kill()
    agent.expect("closed", reason="rtp stream error")
