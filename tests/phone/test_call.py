"""A real call to a far end whose packets tell the time."""

import asyncio
import dataclasses
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.noise import measured_up_to_three_times

from steadyline.phone.caller import CallOptions, place_call
from steadyline.phone.report import CallReport
from steadyline.phone.script import ScriptTiming
from steadyline.sip import SipSettings

JITTER_BUFFER_MS = 20
SETTINGS = SipSettings(port=0, transports=("udp",), codecs=("PCMU",), srtp="off", rtp_ports=(21000, 21998),
                       jitter_buffer_ms=JITTER_BUFFER_MS, max_calls=1, user="caller")  # fmt: skip
ROOM_MS = 40
TIMING = ScriptTiming(greeting_timeout_s=4.0, reply_timeout_s=4.0, reply_silence_s=1.0)


class Agent:
    """The answering agent in its own process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        self.uri = str(json.loads(process.stdout.readline())["uri"])

    def events(self, name: str) -> list[dict[str, float]]:
        """What it did so far; ends it."""
        self.process.terminate()
        output, _ = self.process.communicate(timeout=10)
        return [event for event in map(json.loads, output.splitlines()) if event["event"] == name]


@contextmanager
def answering(*arguments: str, program: str = "answering_agent.py") -> Iterator[Agent]:
    path = Path(__file__).with_name(program)
    process = subprocess.Popen([sys.executable, str(path), *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield Agent(process)
    finally:
        process.terminate()
        process.communicate(timeout=10)


def utterance(path: Path, rate_hz: int, seconds: float) -> Path:
    t = np.arange(round(rate_hz * seconds)) / rate_hz
    voice = 0.3 * np.cos(2 * np.pi * 350 * t)
    silence = np.zeros(rate_hz // 4)
    soundfile.write(path, np.concatenate([silence, voice, silence, silence]), rate_hz)
    return path


def call(options: CallOptions, settings: SipSettings = SETTINGS) -> tuple[CallReport, list[str]]:
    progress: list[str] = []
    return asyncio.run(place_call(options, settings, progress.append)), progress


@measured_up_to_three_times
def test_the_wait_is_what_the_far_end_made_the_caller_wait(tmp_path: Path) -> None:
    say = (utterance(tmp_path / "q1.wav", 22050, 1.5), utterance(tmp_path / "q2.flac", 48000, 0.8))
    with answering("--delay", "0.9", "--reply", "0.6", "--clause-pause", "0.5") as agent:
        report, _ = call(CallOptions(target=agent.uri, say=say, out=tmp_path / "out", timing=TIMING))
        replies, heard = agent.events("reply"), agent.events("heard")

    assert (report.ended, report.codec) == ("completed", "PCMU")
    assert report.answered_ms is not None and 0 <= report.answered_ms < 2000
    # The caller's own jitter buffer is part of the wait. 3 ms are usual; a busy machine needs the room.
    assert [turn.voice_to_voice_ms for turn in report.turns] == pytest.approx([900 + JITTER_BUFFER_MS] * 2, abs=ROOM_MS)
    for turn, said in zip(report.turns, heard, strict=True):
        assert turn.said_end_s == pytest.approx(said["until_s"], abs=0.06)
    for turn, (first, last) in zip(report.turns, zip(replies[::2], replies[1::2], strict=True), strict=True):
        length_s = last["until_s"] - first["at_s"]
        assert turn.reply_start_s is not None
        assert turn.reply_end_s == pytest.approx(turn.reply_start_s + length_s, abs=0.03)
    assert report.greeting_end_s == pytest.approx((report.greeting_start_s or 0) + 1.0, abs=0.03)
    assert report.media["starved_frames"] == 0


def test_both_sides_of_the_call_are_in_the_recording(tmp_path: Path) -> None:
    say = (utterance(tmp_path / "q.wav", 16000, 1.0),)
    with answering("--delay", "0.6") as agent:
        report, progress = call(CallOptions(target=agent.uri, say=say, out=tmp_path / "a" / "b", timing=TIMING))
    assert report.recording == str(tmp_path / "a" / "b" / "call.wav")
    channels, rate_hz = soundfile.read(report.recording)
    assert (rate_hz, channels.shape[1]) == (8000, 2)
    (turn,) = report.turns
    assert dominant_hz(channels[:, 0], rate_hz, turn.said_start_s, turn.said_end_s) == pytest.approx(350, abs=5)
    assert dominant_hz(channels[:, 1], rate_hz, turn.reply_start_s, turn.reply_end_s) == pytest.approx(660, abs=5)
    assert dominant_hz(channels[:, 1], rate_hz, report.greeting_start_s, report.greeting_end_s) == pytest.approx(
        440, abs=5
    )
    assert np.abs(channels[: round((turn.said_start_s or 0) * rate_hz) - 80, 0]).max() < 0.01
    assert [line.split(" s  ")[-1] for line in progress[2:]] == [
        "the far end speaks",
        "the caller says question 1",
        "the far end speaks",
    ]
    assert json.loads(json.dumps(report.as_dict()))["turns"][0]["said"] == str(say[0])


def dominant_hz(samples: np.ndarray, rate_hz: int, start_s: float | None, end_s: float | None) -> float:
    assert start_s is not None and end_s is not None
    piece = samples[round(start_s * rate_hz) : round(end_s * rate_hz)]
    return float(np.argmax(np.abs(np.fft.rfft(piece))) * rate_hz / piece.size)


@measured_up_to_three_times
def test_a_far_end_that_hangs_up_is_reported_with_what_was_said_until_then(tmp_path: Path) -> None:
    say = (utterance(tmp_path / "q.wav", 8000, 1.0), utterance(tmp_path / "never.wav", 8000, 1.0))
    with answering("--delay", "0.4", "--reply", "0.5", "--hang-up", "5.4") as agent:
        report, _ = call(CallOptions(target=agent.uri, say=say, out=tmp_path, timing=TIMING))
    assert (report.ended, report.ended_detail) == ("remote_hangup", "the far end hung up")
    assert report.turns[0].voice_to_voice_ms == pytest.approx(400 + JITTER_BUFFER_MS, abs=ROOM_MS)
    assert report.duration_s == pytest.approx(5.4, abs=0.2)
    assert (tmp_path / "call.wav").exists()


def test_a_far_end_that_is_busy_is_reported(tmp_path: Path) -> None:
    with answering("--refuse", "486 Busy Here") as agent:
        report, _ = call(CallOptions(target=agent.uri, out=tmp_path))
    assert report.ended == "refused"
    assert "486 Busy Here" in report.ended_detail
    assert (report.turns, report.recording, report.answered_ms) == ((), None, None)


def test_a_far_end_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        report, _ = call(CallOptions(target=f"sip:x@127.0.0.1:{silent.getsockname()[1]}", answer_timeout_s=1.0))
    assert (report.ended, report.recording) == ("no_answer", None)
    assert report.ended_detail


@measured_up_to_three_times
def test_an_interrupted_call_hangs_up_and_keeps_its_recording(tmp_path: Path) -> None:
    async def interrupted(uri: str) -> CallReport:
        options = CallOptions(target=uri, out=tmp_path, timing=TIMING)
        calling = asyncio.create_task(place_call(options, SETTINGS, lambda _: None))
        await asyncio.sleep(1.2)
        calling.cancel()
        return await calling

    with answering("--greeting", "5") as agent:
        report = asyncio.run(interrupted(agent.uri))
        assert agent.events("ended"), "no BYE came"
    assert report.ended == "interrupted"
    assert report.greeting_start_s == pytest.approx(0.5, abs=0.1)
    assert soundfile.info(report.recording).frames > 4000


@pytest.mark.parametrize(
    ("codec", "transport", "rate_hz"), [("PCMA", "udp", 8000), ("G722", "tcp", 16000), ("opus", "udp", 16000)]
)
@measured_up_to_three_times
def test_every_codec_is_recorded_on_the_same_clock(tmp_path: Path, codec: str, transport: str, rate_hz: int) -> None:
    settings = dataclasses.replace(SETTINGS, codecs=(codec,), transports=(transport,))
    timing = dataclasses.replace(TIMING, greeting_timeout_s=0.5)
    say = (utterance(tmp_path / "q.wav", 16000, 1.0),)
    with answering("--delay", "2.5", program="delayed_echo.py") as agent:
        target = f"{agent.uri};transport={transport}"
        report, _ = call(CallOptions(target=target, say=say, out=tmp_path, timing=timing), settings)
    assert (report.ended, report.codec) == ("completed", codec)
    channels, recorded_hz = soundfile.read(report.recording)
    assert recorded_hz == rate_hz
    (turn,) = report.turns
    # 1.5 s of waiting, the jitter buffers of both ends (20 and 40 ms), the codec's look-ahead and the far end's ticks.
    assert turn.voice_to_voice_ms == pytest.approx(1500 + 20 + 40 + 25, abs=75)
    assert dominant_hz(channels[:, 0], rate_hz, turn.said_start_s, turn.said_end_s) == pytest.approx(350, abs=5)
    assert dominant_hz(channels[:, 1], rate_hz, turn.reply_start_s, turn.reply_end_s) == pytest.approx(350, abs=5)
    assert (turn.reply_end_s or 0) - (turn.reply_start_s or 0) == pytest.approx(1.0, abs=0.06)
