"""A third-party softphone asks over every codec and transport and hears a spoken answer, end to end on real engines."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.conftest import transcribe
from tests.e2e.questions import DAYS, Question
from tests.e2e.softphone import Softphone
from tests.e2e.system import System
from tests.word_errors import word_error_rate

from steadyline.calls.records import CallRecord
from steadyline.engines.stt_whisper import WhisperRecognizer

GREETING_S = 5.0
CALL_S = 22.0
MOST_ERRORS_UNDERSTOOD = 0.2
MOST_ERRORS_HEARD = 0.15


@dataclass
class Caller:
    """The softphone, the system that it calls, and Whisper to listen to its recording."""

    system: System
    softphone: Softphone
    listener: WhisperRecognizer
    directory: Path

    def ask(self, question: Question, transport: str = "udp", **options: object) -> CallRecord:
        """Call, wait for the greeting to pass, ask, listen; checks what the journal and the phone's recording say."""
        microphone = self.directory / "microphone.wav"
        subprocess.run(["sox", str(question.path), str(microphone), "pad", str(GREETING_S), "0"], check=True)
        before = {record.call_uuid for record in self.system.recorded_calls(0)}
        uri = self.system.uri(transport)
        call = self.softphone.call(uri, microphone, CALL_S, transport=transport, **options)  # type: ignore[arg-type]
        assert call.established, call.log
        records = [r for r in self.system.recorded_calls(len(before) + 1) if r.call_uuid not in before]
        assert len(records) == 1
        self._check(records[0], transcribe(self.listener, call.heard_wav), question)
        return records[0]

    def _check(self, record: CallRecord, heard: str, question: Question) -> None:
        caller_text = " ".join(turn.caller_text or "" for turn in record.turns)
        said = " ".join(turn.reply_text for turn in record.turns)
        assert [turn.turn for turn in record.turns] == [0, 1], f"turns {record.turns}; the phone heard {heard!r}"
        assert word_error_rate(question.text, caller_text) <= MOST_ERRORS_UNDERSTOOD, f"understood {caller_text!r}"
        assert word_error_rate(said, heard) <= MOST_ERRORS_HEARD, f"said {said!r}, heard {heard!r}"


@pytest.fixture
def caller(system: System, softphone: Softphone, listener: WhisperRecognizer, tmp_path: Path) -> Caller:
    return Caller(system, softphone, listener, tmp_path)


@pytest.mark.e2e
@pytest.mark.parametrize("codec", ["PCMU", "PCMA", "G722", "opus"])
def test_spoken_answer_over_every_codec(caller: Caller, codec: str) -> None:
    record = caller.ask(DAYS, codec=codec)
    assert record.codec.lower() == codec.lower()


@pytest.mark.e2e
def test_spoken_answer_over_tcp(caller: Caller) -> None:
    caller.ask(DAYS, transport="tcp")


@pytest.mark.e2e
def test_spoken_answer_over_tls_with_srtp(caller: Caller, certificate: Path) -> None:
    caller.ask(DAYS, transport="tls", srtp="srtp-mand", certificate=certificate)
