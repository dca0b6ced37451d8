"""One system with the real engines for most of the end-to-end tests; each needs tools that .ci/run installs."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.e2e.pbx import Pbx
from tests.e2e.softphone import Softphone, write_certificate
from tests.e2e.system import System
from tests.sip.agent_process import free_block

from steadyline.audio.files import read_audio
from steadyline.audio.resampling import resample
from steadyline.engines.stt_whisper import WhisperRecognizer
from steadyline.models.store import default_store, resolve

WHISPER_HZ = 16_000


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed key and certificate in one PEM file."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "gateway.pem")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[System]:
    """`steadyline up` with Whisper, SmolLM2 and Piper, over UDP, TCP and TLS, and with the telephone in the browser."""
    settings = ["webphone.enabled=true", "gateway.transports=udp,tcp,tls", f"gateway.certificate={certificate}"]
    with System(tmp_path_factory.mktemp("system"), *settings) as running:
        yield running


@pytest.fixture(scope="session")
def listener() -> WhisperRecognizer:
    """Transcribes what was heard, apart from the system under test."""
    return WhisperRecognizer(resolve("whisper-base", default_store()), language="en", workers=1)


@pytest.fixture
def softphone(tmp_path: Path) -> Iterator[Softphone]:
    """Debian's baresip on ports of its own."""
    base = free_block()
    phone = Softphone(tmp_path / "softphone", base, base + 20)
    yield phone
    phone.kill()


@pytest.fixture
def pbx(tmp_path: Path) -> Iterator[Pbx]:
    """A small Kamailio, started."""
    pbx = Pbx(tmp_path / "pbx", free_block())
    pbx.start()
    yield pbx
    pbx.stop()


def transcribe(listener: WhisperRecognizer, path: Path, channel: int | None = None) -> str:
    """The words in a recording, or in one of its channels."""
    import soundfile

    if channel is None:
        samples, rate_hz = read_audio(path)
    else:
        frames, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        samples = np.ascontiguousarray(frames[:, channel])
    return listener.transcribe(resample(samples, rate_hz, WHISPER_HZ)).text
