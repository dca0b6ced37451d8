"""When what passed through the pipeline, on the line's clock."""

from typing import Any

from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    UserStoppedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregator
from pipecat.processors.frame_processor import FrameDirection

from benchmarks.peer.line import Line

MILESTONES: dict[type[Frame], str] = {
    VADUserStoppedSpeakingFrame: "speech-stopped",
    TranscriptionFrame: "transcript",
    UserStoppedSpeakingFrame: "turn-ended",
    LLMContextFrame: "prompt",
    LLMTextFrame: "text",
    TTSStartedFrame: "tts-started",
    TTSAudioRawFrame: "audio",
}


class Milestones(BaseObserver):
    """Notes the frames that end a stage of a turn; of the audio of an answer the first frame only.

    Args:
        line: its clock is the pipeline's.

    Attributes:
        events: each a dict of `at_s` (seconds since the call was answered), `kind` (a value of `MILESTONES`) and, for what
            has one, `text`.
    """

    def __init__(self, line: Line) -> None:
        super().__init__(observe_every_push=False)
        self.events: list[dict[str, Any]] = []
        self._line = line
        self._audio_noted = False

    async def on_push_frame(self, data: FramePushed) -> None:
        kind = MILESTONES.get(type(data.frame))
        if kind is None or data.direction is not FrameDirection.DOWNSTREAM:
            return
        # The other aggregator passes the context on as well, after each answer.
        if kind == "prompt" and not isinstance(data.source, LLMUserAggregator):
            return
        if kind == "audio":
            if self._audio_noted:
                return
            self._audio_noted = True
        elif kind == "prompt":
            self._audio_noted = False
        event = {"at_s": round(data.timestamp / 1e9 - self._line.began_s, 4), "kind": kind}
        text = getattr(data.frame, "text", None)
        self.events.append(event if text is None else {**event, "text": text})
