"""One example of every message, for fuzzing and round trips."""

import numpy as np

from steadyline.wire.audio_messages import CallerAudio, ClauseAudio, Cursor, LineAudio, PhraseAudio, SpeechAudio
from steadyline.wire.line_messages import (
    Answered,
    AnswerOwed,
    BargeIn,
    CallEnded,
    CallerSpeech,
    CallStarted,
    Digit,
    HangUp,
    Playback,
    PortTaken,
)
from steadyline.wire.messages import (
    AnswerEnded,
    Bye,
    Cancel,
    Clause,
    Committed,
    Heard,
    Hello,
    Hypothesis,
    Message,
    Ping,
    PipelineState,
    Pong,
    Prepare,
    Refused,
    SpeechEnded,
    SpeechResumed,
    SpeechStarted,
    StatusReply,
    StatusRequest,
    Turn,
    Welcome,
)

PROTOCOL_FAULTS = frozenset({"frame-too-long", "bad-header", "bad-seq", "unknown-type", "bad-body", "unexpected-frame"})
"""Codes with which a session is closed because its peer broke the protocol."""

UUID = "3c5a4a52-8f5f-4a36-9f0e-2d4f2c1f0b66"

EXAMPLES: tuple[Message, ...] = (
    Hello(1, 3, "whisper", 66, UUID, 1767225600000, {}),
    Welcome("llama", 1767225601000, {"sample": 51200}),
    Refused("unknown-call", "call 66 is not one of this gateway's calls"),
    Bye("the caller hung up"),
    Ping(17),
    Pong(17),
    PipelineState(False, "llama: loading"),
    CallStarted(66, UUID, "sip:alice@example.org", 0),
    CallEnded(66, UUID, "port 9067 is taken"),
    PortTaken(66, UUID, 9067),
    Answered("PCMU/8000", 8000),
    Digit("5", 160, 51200),
    CallerSpeech(False, 51200),
    BargeIn(True, 20288),
    Playback(3, False, 2, {"turn": 1, "clause": 0, "sample": 4800, "rendering": 7, "ended": 0}),
    AnswerOwed(True, 2500),
    HangUp("no answer could be given"),
    SpeechStarted(19200),
    SpeechEnded(19200, 51200, 0, True),
    SpeechResumed(19200, 1),
    Hypothesis(19200, 1, "What is the"),
    Committed(51200, 1),
    Turn(19200, 51200, 0, True, "What is the capital of France?", "en", 142.5),
    Clause(1, 0, "The capital of France is Paris.", "en"),
    AnswerEnded(1, 1),
    Cancel(1),
    Prepare("The capital of France is Paris.", "en"),
    Heard({"turn": 1, "clause": 0}, {"turn": 0, "clause": 1, "sample": 12160}),
    StatusRequest(True),
    StatusReply({"name": "whisper", "state": "ready"}),
    CallerAudio(320, 8000, np.array([0, 1, -1, 32767, -32768], np.int16)),
    LineAudio(1, 0, 7, 160, False, np.array([100, -100], np.int16)),
    Cursor(4800, 640, (1, 0, 4800), (1, 0, 4160)),
    PhraseAudio(1, 160, np.array([100, -100], np.int16)),
    SpeechAudio(19200, np.array([0.0, 0.5, -1.0], np.float32)),
    ClauseAudio(1, 0, 7, 0, 0, 22050, True, np.array([0.25, -0.25], np.float32)),
)
