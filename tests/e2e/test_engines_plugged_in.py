"""Other engines by one line of config: an OpenAI-compatible server for LLaMA, Kokoro for Piper."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import transcribe
from tests.e2e.questions import CAPITAL
from tests.e2e.system import System
from tests.e2e.test_many_calls import check_answers
from tests.sip.agent_process import free_block
from tests.word_errors import word_error_rate

from steadyline.engines.stt_whisper import WhisperRecognizer

ANSWER = "The answer of this server is always the same. It speaks two sentences."
SERVER = Path(__file__).parents[2] / "examples" / "openai_server.py"


@pytest.fixture
def server_url() -> Iterator[str]:
    """A small OpenAI-compatible server on loopback that always answers ANSWER."""
    port = free_block()
    process = subprocess.Popen([sys.executable, str(SERVER), "--port", str(port), "--answer", ANSWER])
    deadline = time.monotonic() + 20
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=1)
            break
        except OSError:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}/v1"
    process.terminate()
    process.wait()


@pytest.mark.e2e
def test_openai_compatible_server_answers(tmp_path: Path, server_url: str, listener: WhisperRecognizer) -> None:
    with System(tmp_path / "system", "llama.engine=openai", f"llama.url={server_url}") as system:
        report = system.call(CAPITAL.path, out=tmp_path / "call")
    check_answers(report, [CAPITAL])
    assert report["turns"][0]["reply_text"] == ANSWER
    heard = transcribe(listener, tmp_path / "call" / "call.wav", channel=1)
    said = f"{report['greeting_text']} {ANSWER}"
    assert word_error_rate(said, heard) <= 0.15, heard


@pytest.mark.e2e
def test_kokoro_speaks_on_the_same_ports(tmp_path: Path, listener: WhisperRecognizer) -> None:
    """It renders slower than Piper, on a busy machine slower than it is heard: the caller waits for the rest of a sentence."""
    with System(tmp_path / "system", "tts.engine=kokoro") as system:
        report = system.call(CAPITAL.path, out=tmp_path / "call", more=("--reply-silence", "6"))
    check_answers(report, [CAPITAL])
    heard = transcribe(listener, tmp_path / "call" / "call.wav", channel=1)
    said = f"{report['greeting_text']} {report['turns'][0]['reply_text']}"
    assert word_error_rate(said, heard) <= 0.15, heard
