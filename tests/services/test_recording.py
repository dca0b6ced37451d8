"""What a call leaves behind: a recording that agrees with what was said and heard; and nothing that the caller notices."""

import asyncio
import logging
import stat
from pathlib import Path

import numpy as np
import pytest
from tests.services.recorders import Recorders
from tests.services.scenes import (
    GREETING,
    SERVICES,
    SimulatedCall,
    SimulatedSystem,
    answer_to,
    answered,
    ask,
    journaled,
    play,
    started,
)

from steadyline.audio.pcm import from_pcm16
from steadyline.config import Config
from steadyline.drills.simulated_system import drill_config
from steadyline.drills.tone_speech import words_in
from steadyline.recorder import writing as writing_module
from steadyline.recorder.channels import CLOCK_HZ, two_channels
from steadyline.recorder.folders import call_folder
from steadyline.recorder.format import SIP
from steadyline.recorder.reading import Recording
from steadyline.recorder.recorder import What
from steadyline.services.recording import what_is_recorded


@pytest.fixture
def recorders(tmp_path: Path) -> Recorders:
    return Recorders(tmp_path / "recordings")


def spoken(channel: np.ndarray) -> str:
    return " ".join(word.word for word in words_in(from_pcm16(channel), CLOCK_HZ))


def converse(journal: Path, recorders: Recorders | None, rate_hz: int = 8_000) -> tuple[SimulatedCall, str]:
    """A call of two questions; the caller's side of it, and its uuid."""
    calls: list[tuple[SimulatedCall, str]] = []

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = system.dial(rate_hz)
        await asyncio.sleep(3)
        assert await ask(call, "alpha bravo") == answer_to("alpha bravo")
        assert await ask(call, "charlie") == answer_to("charlie")
        call.hang_up()
        await asyncio.sleep(1)
        calls.append((call, journaled(system, call).call_uuid))

    play(scene, journal, recorder=recorders)
    if recorders is not None:
        recorders.close()
    return calls[0]


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_a_call_leaves_what_was_said_and_heard(journal: Path, recorders: Recorders, rate_hz: int) -> None:
    call, uuid = converse(journal, recorders, rate_hz)
    recording = Recording(call_folder(recorders.directory, uuid))
    both = two_channels(recording.sound())
    assert spoken(both[:, 0]) == "alpha bravo charlie"
    assert spoken(both[:, 1]) == call.heard_text
    heard = [word.start_s for word in words_in(from_pcm16(both[:, 1]), CLOCK_HZ)]
    assert heard == pytest.approx([word.start_s for word in call.heard], abs=0.06), "on the clock that the caller has"
    assert recording.damages() == []


@pytest.mark.parametrize("question", ["alpha", "alpha bravo", "alpha bravo charlie"], ids=len)
def test_the_end_of_an_answer_is_there_although_nothing_more_is_said(
    journal: Path, recorders: Recorders, question: str
) -> None:
    """Sound is written in pieces of 0.2 s, and an answer ends within one."""
    heard: list[tuple[str, str]] = []

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        await ask(call, question)
        await asyncio.sleep(5)
        uuid = journaled(system, call).call_uuid
        call.hang_up()
        heard.append((call.heard_text, uuid))
        await asyncio.sleep(1)

    play(scene, journal, recorder=recorders)
    recorders.close()
    [(text, uuid)] = heard
    both = two_channels(Recording(call_folder(recorders.directory, uuid)).sound())
    assert spoken(both[:, 1]) == text


def test_all_services_tell_what_passed(journal: Path, recorders: Recorders) -> None:
    _, uuid = converse(journal, recorders)
    recording = Recording(call_folder(recorders.directory, uuid))
    assert {file.path.name.partition("-")[0] for file in recording.files} == set(SERVICES)
    happenings = recording.happenings()
    assert [one.event for one in happenings if one.service == "gateway" and one.event in ("answered", "ended")] == [
        "answered",
        "ended",
    ]
    opened = {(one.service, one.detail["name"]) for one in happenings if one.event == "open"}
    assert {("whisper", "whisper → llama"), ("llama", "whisper → llama"), ("tts", "tts → outbound")} <= opened
    frames = list(recording.frames())
    heard = [frame for frame in frames if frame.service == "gateway" and frame.name == "CallerAudio"]
    assert [frame.numbers["sample"] for frame in heard] == sorted({frame.numbers["sample"] for frame in heard})
    assert {(frame.peer, frame.is_sent, frame.connection) for frame in heard} == {("inbound", True, 0)}
    for name, sender, receiver in [
        ("Turn", "whisper", "llama"),
        ("Clause", "llama", "tts"),
        ("ClauseAudio", "tts", "outbound"),
    ]:
        sent = [frame.numbers for frame in frames if frame.name == name and frame.service == sender and frame.is_sent]
        received = [frame.numbers for frame in frames if frame.name == name and frame.service == receiver]
        assert sent and sent == received, name
    assert all(frame.body == b"" for frame in frames)


def test_no_word_is_in_a_recording_without_bodies(journal: Path, tmp_path: Path) -> None:
    """Where words are not to be kept, neither are sound and bodies."""
    config = Config()
    config.recorder.bodies, config.journal.store_text = True, False
    recorders = Recorders(tmp_path / "recordings", what_is_recorded(config))
    _, uuid = converse(journal, recorders)
    folder = call_folder(recorders.directory, uuid)
    recording = Recording(folder)
    assert list(recording.sound()) == [] and list(recording.frames())
    content = b"".join(path.read_bytes() for path in folder.iterdir()).lower()
    for word in ("alpha", "bravo", "charlie", GREETING):
        assert word.encode() not in content


def test_sip_messages_lie_with_their_own_time_on_the_clock_of_all_else(journal: Path, recorders: Recorders) -> None:
    uuids: list[str] = []

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.signal(5.25, False, "INVITE sip:agent@simulated SIP/2.0")
        call.signal(5.5, True, "SIP/2.0 200 OK")
        call.hang_up()
        await asyncio.sleep(1)
        call.signal(9.0, True, "SIP/2.0 200 OK")
        uuids.append(journaled(system, call).call_uuid)

    play(scene, journal, recorder=recorders)
    recorders.close()
    happenings = Recording(call_folder(recorders.directory, uuids[0])).happenings()
    assert [(one.at, one.detail["sent"], one.detail["message"]) for one in happenings if one.event == SIP] == [
        (5.25, False, "INVITE sip:agent@simulated SIP/2.0"),
        (5.5, True, "SIP/2.0 200 OK"),
        (9.0, True, "SIP/2.0 200 OK"),
    ]


def test_no_sip_message_is_kept_where_none_is_wanted(journal: Path, tmp_path: Path) -> None:
    config = Config()
    config.recorder.sip = False
    recorders, uuids = Recorders(tmp_path / "recordings", what_is_recorded(config)), []

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        call.signal(5.25, False, "INVITE sip:agent@simulated SIP/2.0")
        call.hang_up()
        await asyncio.sleep(1)
        uuids.append(journaled(system, call).call_uuid)

    play(scene, journal, recorder=recorders)
    recorders.close()
    happenings = Recording(call_folder(recorders.directory, uuids[0])).happenings()
    assert happenings and not [one for one in happenings if one.event == SIP]


def test_bodies_are_kept_where_that_is_wanted(journal: Path, tmp_path: Path) -> None:
    recorders = Recorders(tmp_path / "recordings", What(audio=False, bodies=True))
    _, uuid = converse(journal, recorders)
    frames = list(Recording(call_folder(recorders.directory, uuid)).frames())
    assert all(len(frame.body) == frame.size for frame in frames)
    [turn, *_] = [frame for frame in frames if frame.name == "Turn" and b"charlie" in frame.body]
    assert turn.size > 0


def test_nobody_else_can_read_it(journal: Path, recorders: Recorders) -> None:
    _, uuid = converse(journal, recorders)
    folder = call_folder(recorders.directory, uuid)
    for path in (recorders.directory, folder, *folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_service_that_is_killed_is_told_of_by_both_its_lives_and_its_neighbours(
    journal: Path, recorders: Recorders
) -> None:
    uuids: list[str] = []

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        call = await answered(system)
        system.kill("llama")
        await asyncio.sleep(0.5)
        await system.start("llama")
        await asyncio.sleep(2)
        assert await ask(call, "delta") == answer_to("delta")
        call.hang_up()
        await asyncio.sleep(1)
        uuids.append(journaled(system, call).call_uuid)

    play(scene, journal, recorder=recorders)
    recorders.close()
    recording = Recording(call_folder(recorders.directory, uuids[0]))
    assert len([file for file in recording.files if file.path.name.startswith("llama-")]) == 2
    told = [(one.service, one.event) for one in recording.happenings() if one.event in ("lost", "healed", "failed")]
    assert told.index(("whisper", "lost")) < told.index(("whisper", "failed")) < told.index(("whisper", "healed"))


def same_call(first: SimulatedCall, second: SimulatedCall) -> bool:
    return (first.heard, first.closed_at) == (second.heard, second.closed_at)


@pytest.mark.parametrize("how", ["no folder", "disk full", "queue full", "in order"])
def test_a_recorder_in_whatever_state_changes_nothing_for_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    undisturbed, _ = converse(tmp_path / "first.sqlite", None)
    recorders = Recorders(tmp_path / "recordings")
    if how == "no folder":
        recorders.directory.write_text("in the way")
    elif how == "queue full":
        monkeypatch.setattr(writing_module, "MAX_QUEUED_BYTES", 500)
    elif how == "disk full":
        monkeypatch.setattr(writing_module.os, "write", no_space)
    with caplog.at_level(logging.ERROR, "steadyline"):
        call, _ = converse(tmp_path / "second.sqlite", recorders)
    assert same_call(call, undisturbed)
    services = [] if how == "in order" else sorted(SERVICES)
    assert sorted(recorders.dropped) == services, "each of them gave it up, once"
    lines = [record for record in caplog.records if "is given up" in record.getMessage()]
    assert len(lines) == len(services) and all(record.call_id == 2 for record in lines)  # type: ignore[attr-defined]


def no_space(descriptor: int, data: bytes) -> int:
    raise OSError(28, "No space left on device")


def test_an_invented_call_leaves_nothing(journal: Path, recorders: Recorders) -> None:
    """Somebody registers a call that nobody can be reached for."""
    from steadyline.wire.registration import Registration, encode_registration

    async def scene(system: SimulatedSystem) -> None:
        await started(system)
        port = await system.network.open_datagram(("127.0.0.1", 40_000), lambda data, sender: None)
        uuid = "01234567-89ab-cdef-0123-456789abcdef"
        port.send(
            encode_registration(Registration("REGISTER", 500, uuid)), ("127.0.0.1", system.config.whisper.register_port)
        )
        await asyncio.sleep(8)

    play(scene, journal, recorder=recorders, config=drill_config())
    recorders.close()
    assert not recorders.directory.exists()
