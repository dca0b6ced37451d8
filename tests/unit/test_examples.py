"""The examples work, and so does what the documents show: their engine, settings, ports and links.

The engine of docs/adding-an-engine.md speaks through the real TTS service, on a network in memory.
"""

import asyncio
import logging
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from examples.tone_engine import ToneSynthesizer

from steadyline.clock import LoopClock
from steadyline.config import Config, sections
from steadyline.config_file import load_config
from steadyline.connections import CONNECTIONS, LLAMA_TTS, TTS_OUTBOUND
from steadyline.link.acceptor import Acceptor, AcceptorEvents
from steadyline.link.dialer import Dialer, DialerEvents
from steadyline.link.memory import MemoryNetwork
from steadyline.link.runtime import Runtime
from steadyline.services.assembly import assemble
from steadyline.services.ports import configured_ports
from steadyline.wire.audio_messages import ClauseAudio
from steadyline.wire.messages import PROTOCOL_VERSION, AnswerEnded, Clause, Hello, Message, Welcome
from steadyline.wire.registration import Registration, encode_registration

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
CALL_ID, CALL_UUID = 66, "example-call"
TEXT = "Is there anybody there?"
SETTING = "examples.tone_engine:ToneSynthesizer"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


def runtime(role: str, network: MemoryNetwork) -> Runtime:
    return Runtime(role, LoopClock(), network, 1, lambda: 0.5, logging.getLogger(f"test.{role}"))


async def speak(engine: str, text: str) -> list[ClauseAudio]:
    """One clause in on connection 4, as LLaMA sends it; the audio that comes out on connection 5."""
    network, config = MemoryNetwork(), load_config(None, [f"tts.engine={engine}"])
    heard: list[Message] = []
    is_over = asyncio.Event()

    def hear(message: Message) -> None:
        heard.append(message)
        if isinstance(message, AnswerEnded):
            is_over.set()

    outbound = Acceptor(
        runtime("outbound", network),
        TTS_OUTBOUND.number,
        frozenset({"tts"}),
        AcceptorEvents(
            admit=lambda hello: Welcome("outbound", 1),
            on_open=lambda link, hello: None,
            on_message=lambda link, message: hear(message),
            on_closed=lambda link, closed: None,
        ),
    )
    await outbound.listen((HOST, config.outbound.audio_port_base + CALL_ID))
    tts = assemble("tts", config, runtime("tts", network))
    assert tts.host is not None
    await tts.service.start()
    await tts.host.start()
    udp = await network.open_datagram((HOST, 0), lambda data, sender: None)
    udp.send(encode_registration(Registration("REGISTER", CALL_ID, CALL_UUID)), (HOST, config.tts.register_port))

    def send_clause(_: Welcome) -> None:
        llama.send(Clause(0, 0, text, "en"))
        llama.send(AnswerEnded(0, 1, False))

    llama = Dialer(
        runtime("llama", network),
        LLAMA_TTS,
        CALL_ID,
        (HOST, config.tts.port),
        DialerEvents(
            hello=lambda: Hello(PROTOCOL_VERSION, LLAMA_TTS.number, "llama", CALL_ID, CALL_UUID, 1),
            on_open=send_clause,
            on_message=lambda message: None,
            on_lost=lambda reason: None,
            on_ended=lambda closed: None,
        ),
    )
    llama.start()
    await is_over.wait()
    llama.close("done")
    await tts.service.stop()
    outbound.close()
    return [message for message in heard if isinstance(message, ClauseAudio)]


def test_the_tone_engine_speaks_through_the_tts_service() -> None:
    chunks = asyncio.run(speak(SETTING, TEXT))
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert {chunk.rate_hz for chunk in chunks} == {16_000}
    spoken = np.concatenate([chunk.samples for chunk in chunks])
    assert np.array_equal(spoken, np.concatenate(list(ToneSynthesizer().synthesize(TEXT))))
    assert len(spoken) == len(TEXT.split()) * round(0.18 * 16_000)
    assert 0.2 < np.abs(spoken).max() <= 1.0


def test_a_text_without_words_is_a_clause_without_sound() -> None:
    (chunk,) = asyncio.run(speak(SETTING, "  "))
    assert chunk.last and chunk.samples.size == 0


def test_the_example_runs_as_its_docstring_says(tmp_path: Path) -> None:
    out = tmp_path / "tones.wav"
    subprocess.run([sys.executable, "examples/tone_engine.py", TEXT, str(out)], cwd=ROOT, check=True)
    assert soundfile.info(out).duration == 0.18 * len(TEXT.split())


def test_the_document_shows_the_engine_as_it_is_and_the_line_that_plugs_it_in() -> None:
    document = (ROOT / "docs" / "adding-an-engine.md").read_text(encoding="utf-8")
    assert f'engine = "{SETTING}"' in document
    shown = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    source = (ROOT / "examples" / "tone_engine.py").read_text(encoding="utf-8")
    assert any(block in source for block in shown if "class ToneSynthesizer" in block)


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
class TestDocument:
    """What holds for every document."""

    def test_its_settings_load(self, document: Path, tmp_path: Path) -> None:
        certificate = tmp_path / "key-and-certificate.pem"
        certificate.touch()
        for number, block in enumerate(blocks(document, "toml")):
            path = tmp_path / f"{number}.toml"
            path.write_text(block, encoding="utf-8")
            load_config(path)

    def test_the_keys_that_it_names_exist(self, document: Path) -> None:
        known = sections(Config())
        for section, key in re.findall(r"`([a-z]+)\.([a-z_]+)(?: = [^`]*)?`", document.read_text(encoding="utf-8")):
            if section in known and key not in ("py", "toml"):
                assert hasattr(known[section], key), f"{section}.{key}"

    def test_its_links_lead_somewhere(self, document: Path) -> None:
        for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
            path, _, heading = target.partition("#")
            if "://" in path:
                continue
            file = document.parent / path if path else document
            assert file.exists(), target
            if heading:
                assert heading in headings(file), target


def headings(document: Path) -> set[str]:
    """The anchors of a document's headings, as they are made on code hosts."""
    lines = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line).strip().lower().replace(" ", "-") for line in lines}


def test_the_ports_in_operations_are_the_defaults() -> None:
    rows = re.findall(
        r"^\| (\d+)(?: \+ call_id)? \| (UDP|TCP|UDP, TCP) \|.*\| `([a-z.]+_?[a-z_]*)` \|$",
        (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    config = Config()
    config.standby.engine = "kokoro"
    shown = {key: int(port) for port, _, key in rows}
    expected = {port.key: port.number for port in configured_ports(config)}
    expected["inbound.audio_port_base"] = config.inbound.audio_port_base
    expected["outbound.audio_port_base"] = config.outbound.audio_port_base
    assert shown == expected


def test_the_log_lines_in_operations_are_those_of_the_connections() -> None:
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for connection in CONNECTIONS:
        port = attempt = 1
        if connection.port_is_per_call:
            port = CALL_ID + (9001 if connection.number == 1 else 9002)
        assert f"`{connection.connected_text.format(call_id=CALL_ID, port=port, attempt=attempt)}`" in document
        call_id = 0 if connection.number == 0 else CALL_ID
        assert f"`{connection.failed_text.format(call_id=call_id, attempts=10)}`" in document
