"""From the end of the caller's speech to the first audible sample of the reply, as the recording has it."""

from typing import Any

from benchmarks.figures import Figure, Measured, at_percent, median
from benchmarks.measurement import Measurement, Request
from benchmarks.system import MeasuredSystem

VOICES = ("piper", "kokoro")
TURNS_PER_CALL = 4
PATIENCE = ("--reply-silence", "3")
"""Longer than the pauses between the clauses of a slow voice, or the next question would cut into the answer."""
STAGES = {"transcription": "speech to text", "first_clause": "text to first clause"}


def measure(request: Request) -> Measured:
    """Each run is a turn with each voice; the questions are asked in turn, some to a call, one call after another."""
    raw = {voice: _turns(request, voice) for voice in VOICES}
    return Measured({"turns": raw}, tuple(figure for voice in VOICES for figure in _figures(voice, raw[voice])))


def _turns(request: Request, voice: str) -> list[dict[str, Any]]:
    questions = [request.questions[number % len(request.questions)] for number in range(request.runs)]
    turns: list[dict[str, Any]] = []
    with MeasuredSystem(f"tts.engine={voice}") as system:
        while len(turns) < len(questions):
            asked = questions[len(turns) : len(turns) + TURNS_PER_CALL]
            report = system.call(*PATIENCE, *(option for path in asked for option in ("--say", str(path))))
            journaled = [turn for turn in system.recorded_calls(1)[0].turns if turn.caller_text]
            for path, turn in zip(asked, report["turns"], strict=True):
                if turn["voice_to_voice_ms"] is None or turn["voice_to_voice_ms"] < 0:
                    raise system.failed(f"{path.name} got no reply of its own: {report}")
                stages = next((item.timings_ms for item in journaled if item.caller_text == turn["caller_text"]), {})
                turns.append(_entry(path.name, report["codec"], turn, dict(stages)))
                request.progress(f"{voice}: {path.name}: {turn['voice_to_voice_ms']} ms")
    return turns


def _entry(question: str, codec: str, turn: dict[str, Any], stages: dict[str, float]) -> dict[str, Any]:
    return {
        "question": question,
        "codec": codec,
        "voice_to_voice_ms": turn["voice_to_voice_ms"],
        "caller_text": turn["caller_text"],
        "stages_ms": {name: round(ms, 1) for name, ms in stages.items()},
    }


def _figures(voice: str, turns: list[dict[str, Any]]) -> list[Figure]:
    waits = [float(turn["voice_to_voice_ms"]) for turn in turns]
    figures = [median(f"voice to voice, {voice}", waits, "ms")]
    figures += [at_percent(f"voice to voice, {voice}", waits, percent, "ms") for percent in (90, 95)]
    for stage, title in STAGES.items():
        values = [turn["stages_ms"][stage] for turn in turns if stage in turn["stages_ms"]]
        if values:
            figures.append(median(f"{title}, {voice}", values, "ms"))
    return figures


MEASUREMENT = Measurement("voice-to-voice", "Voice to voice", "one turn with each voice", 12, measure)
