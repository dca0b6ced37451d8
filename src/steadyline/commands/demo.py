"""`steadyline demo`: a whole system on free ports, one real SIP call with spoken questions, the dialogue and its times."""

import asyncio
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from steadyline.audio.resampling import resample
from steadyline.config import Config
from steadyline.config_file import config_arguments, load_config
from steadyline.errors import SteadylineError
from steadyline.models.store import resolve
from steadyline.phone.out_folder import writable_folder
from steadyline.phone.report import CallReport, TurnReport
from steadyline.services.assembly import model_store
from steadyline.supervisor.free_ports import free_port_settings
from steadyline.supervisor.up import run_system

QUESTIONS = Path("examples") / "questions"
"""The questions that the repository ships."""
SETTINGS = ("log.level=error", "console.enabled=false", "webphone.enabled=false", "pbx.server=")
FOLDER = "demo-journal"
"""In the folder that the user names, for what the demo keeps and the next one deletes."""
WHISPER_HZ = 16_000
MARGIN_S = 0.3


def run_demo(config_path: Path | None, settings: Sequence[str], out: Path, say: Sequence[Path]) -> int:
    """Run the demo; 0 when the call was completed and every question got an audible reply, else 1.

    Raises:
        SteadylineError: something is missing; the text says what to do.
    """
    questions = list(say) or sorted(QUESTIONS.glob("*.wav"))
    if not questions:
        raise SteadylineError(f"no questions in {QUESTIONS}: run it in the repository's folder, or give --say FILE")
    made = writable_folder(out) / FOLDER
    shutil.rmtree(made, ignore_errors=True)
    journal = made / "journal.sqlite"
    every = [*free_port_settings(), *SETTINGS, f"journal.path={journal.resolve()}", *settings]
    config = load_config(config_path, every)
    reports: list[CallReport] = []

    async def body(uri: str) -> None:
        reports.append(await _call(uri, questions, out, journal))

    asyncio.run(run_system(config, config_arguments(config_path, every), _progress, body))
    if not reports:
        return 1
    print(f"\n{reports[0].dialogue()}\n\nheard in the recording, by Whisper:")
    for text in _heard(reports[0], config):
        print(f"  {text}")
    return 0 if _is_complete(reports[0], len(questions)) else 1


def _is_complete(report: CallReport, questions: int) -> bool:
    answered = [turn for turn in report.turns if turn.voice_to_voice_ms is not None]
    return report.ended == "completed" and len(answered) == questions


async def _call(uri: str, questions: Sequence[Path], out: Path, journal: Path) -> CallReport:
    """Call in; the caller is a process of its own, as every telephone is."""
    arguments = ["call", "--target", uri, "--out", str(out), "--journal", str(journal), "--json"]
    for question in questions:
        arguments += ["--say", str(question)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "steadyline", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if not output:
        raise SteadylineError(f"the caller ended with status {process.returncode}; its last lines above say why")
    content: dict[str, Any] = json.loads(output)
    content["turns"] = tuple(TurnReport(**turn) for turn in content["turns"])
    return CallReport(**content)


def _heard(report: CallReport, config: Config) -> list[str]:
    """What Whisper understands of each reply in the recording: proof that the caller could."""
    from steadyline.engines.stt_whisper import WhisperRecognizer

    if report.recording is None:
        return []
    recognizer = WhisperRecognizer(resolve(config.whisper.model, model_store(config)), language="en", workers=1)
    samples, rate_hz = soundfile.read(report.recording, dtype="float32", always_2d=True)
    heard = []
    for turn in report.turns:
        if turn.reply_start_s is None or turn.reply_end_s is None:
            heard.append("(nothing)")
            continue
        start, end = max(0.0, turn.reply_start_s - MARGIN_S), turn.reply_end_s + MARGIN_S
        reply = np.ascontiguousarray(samples[round(start * rate_hz) : round(end * rate_hz), 1])
        heard.append(recognizer.transcribe(resample(reply, rate_hz, WHISPER_HZ)).text)
    return heard


def _progress(text: str) -> None:
    print(f"  {text}", flush=True)
