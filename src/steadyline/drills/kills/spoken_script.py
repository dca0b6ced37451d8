"""The script with Whisper, the GGUF model, Piper and Kokoro: the heard answer against the journal, by word error rate."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from statistics import median
from typing import Any

from steadyline.audio.files import read_audio
from steadyline.audio.resampling import resample, to_pcm16
from steadyline.config import Config
from steadyline.drills.caller import DrillCaller
from steadyline.drills.kills.cells import Moment
from steadyline.drills.kills.outcome import Judgement
from steadyline.drills.kills.spoken_dialogue import SpokenDialogue, Times
from steadyline.drills.kills.victims import Victim
from steadyline.drills.kills.word_errors import word_error_rate
from steadyline.drills.real_system import DrillError, RealSystem
from steadyline.engines.stt_whisper import WhisperRecognizer
from steadyline.models.store import resolve
from steadyline.services.assembly import model_store
from steadyline.sip import SipUserAgent

QUESTION = Path(__file__).with_name("question.wav")
"""Piper asks: "What is a telephone?"."""
WHISPER_HZ = 16_000
MOMENTS = (Moment.TRANSCRIBING, Moment.PLAYBACK)
"""What is drilled when no moment is asked for."""


class SpokenScript:
    """See `script.Script`.

    Args:
        config: where the models are.

    Raises:
        ModelError: Whisper's model is missing.
    """

    # Several sentences, so that there is a middle; nothing in what is heard but the answer.
    settings: tuple[str, ...] = (
        "standby.engine=kokoro",
        "llama.persona=You are a friendly voice on the telephone. Answer in plain English sentences.",
        "llama.max_tokens=35",
        "outbound.wait_after_s=0",
        "outbound.silence_prompt_after_s=0",
    )
    codec = "G722"
    is_bounded = False

    def __init__(self, config: Config) -> None:
        model = resolve(config.whisper.model, model_store(config))
        self._recognizer = WhisperRecognizer(model, language="en", workers=1)
        self._usual: Times | None = None
        self._error_rates: list[float] = []

    async def begin(self, agent: SipUserAgent, system: RealSystem) -> SpokenDialogue:
        samples, rate_hz = read_audio(QUESTION)
        caller = await DrillCaller.dial(agent, system.uri)
        question = to_pcm16(resample(samples, rate_hz, caller.rate_hz))
        return SpokenDialogue(caller, Path(system.config.journal.path), question, self._usual)

    def learn(self, unharmed: Sequence[SpokenDialogue]) -> None:
        seen = []
        for dialogue in unharmed:
            times = dialogue.times()
            if times is None:
                raise DrillError("in a call in which nothing was done there was no answer")
            seen.append(times)
            self._error_rates.append(self._compared(dialogue)[0])
        self._usual = Times(*(median(getattr(times, one.name) for times in seen) for one in fields(Times)))

    def judge(self, dialogue: SpokenDialogue, moment: Moment, victims: Sequence[Victim]) -> Judgement:
        times, usual = dialogue.times(), self._usual
        if times is None or usual is None or dialogue.asked_s is None:
            return Judgement("no answer was heard", bool(victims), None)
        rate, wanted, heard = self._compared(dialogue)
        allowed = max(self._error_rates)
        fault = "" if rate <= allowed else (
            f"word error rate {rate:.2f}, without a kill at most {allowed:.2f}; journal: {wanted!r}; heard: {heard!r}"
        )  # fmt: skip
        at_s = victims[0].at_s - dialogue.asked_s if victims else float("inf")
        late_s = max(times.reply_s - usual.reply_s, times.reply_end_s - usual.reply_end_s)
        said_until_s = (dialogue.said_until_s or 0.0) - dialogue.asked_s
        from_s, until_s = _window(moment, victims, times, usual, said_until_s)
        return Judgement(fault, from_s < at_s < until_s, late_s)

    def baseline(self) -> dict[str, Any]:
        times = {name: round(value, 3) for name, value in asdict(self._usual).items()} if self._usual else {}
        rates = [round(rate, 3) for rate in self._error_rates]
        return {"calls": len(rates), "word_error_rates": rates, "times": times}

    def _compared(self, dialogue: SpokenDialogue) -> tuple[float, str, str]:
        """Word error rate, what the journal says was to be heard, and what Whisper understood of the recording."""
        turn = dialogue.turn()
        wanted = turn.reply_text if turn is not None else ""
        heard = self._recognizer.transcribe(resample(dialogue.reply(), dialogue.caller.rate_hz, WHISPER_HZ)).text
        return word_error_rate(wanted, heard), wanted, heard


def _window(
    moment: Moment, victims: Sequence[Victim], times: Times, usual: Times, said_until_s: float
) -> tuple[float, float]:
    """When a moment was in this call: from the journal and the recording, its beginning also from what is usual."""
    is_voice = bool(victims) and victims[0].service == "tts"
    return {
        Moment.IDLE: (-float("inf"), 0.0),
        Moment.SPEAKING: (0.0, said_until_s),
        Moment.TRANSCRIBING: (usual.transcription_s, times.heard_s),
        Moment.FIRST_CLAUSE: (times.first_clause_s, times.reply_s)
        if is_voice
        else (times.heard_s, times.first_clause_s),
        Moment.PLAYBACK: (times.reply_s, times.reply_s + usual.reply_end_s - usual.reply_s),
    }[moment]
