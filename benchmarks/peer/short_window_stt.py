"""Our short Whisper window as a speech-to-text service of Pipecat."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
from pipecat.frames.frames import Frame, TranscriptionFrame
from pipecat.services.settings import STTSettings
from pipecat.services.stt_latency import WHISPER_TTFS_P99
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.transcriptions.language import Language
from pipecat.utils.time import time_now_iso8601

from steadyline.audio.pcm import from_pcm16
from steadyline.engines.stt_whisper import WhisperRecognizer


class ShortWindowSTTService(SegmentedSTTService):
    """What Pipecat's `WhisperSTTService` does, with `WhisperRecognizer` instead of faster-whisper.

    Args:
        model_dir: the CTranslate2 model's directory.
        compute_type: of CTranslate2.
    """

    def __init__(self, model_dir: Path, compute_type: str) -> None:
        # The recogniser adds the silence that it needs by itself.
        super().__init__(
            trailing_silence_secs=0.0,
            ttfs_p99_latency=WHISPER_TTFS_P99,
            settings=STTSettings(model=str(model_dir), language=Language.EN),
        )
        self._recognizer = WhisperRecognizer(model_dir, workers=1, compute_type=compute_type)

    @property
    def wants_wav_segments(self) -> bool:
        return False

    def can_generate_metrics(self) -> bool:
        return True

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame, None]:
        await self.start_processing_metrics()
        samples = from_pcm16(np.frombuffer(audio, np.int16))
        transcript = await asyncio.to_thread(self._recognizer.transcribe, samples)
        await self.stop_processing_metrics()
        if transcript.text:
            yield TranscriptionFrame(transcript.text, self._user_id, time_now_iso8601(), Language.EN)
