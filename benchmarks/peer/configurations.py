"""How Pipecat is set up: as it comes, and as somebody would who wants it fast."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Configuration:
    """One way to set up Pipecat 1.14 around the same models.

    Attributes:
        name: in results and on the command line.
        smart_turn: whether Smart-Turn v3.2 judges each pause, which is Pipecat's default; otherwise silence alone ends a turn.
        vad_stop_s: silence after which Silero VAD says that speech has stopped, and Whisper begins.
        speech_timeout_s: silence after that which ends the turn, unless Whisper takes longer; without Smart-Turn only.
        short_window: whether Whisper gets our short window instead of 30 s.
        lean: leave out what Pipecat adds by default and a telephone has no use for (RTVI messages, turn tracking).
    """

    name: str
    smart_turn: bool
    vad_stop_s: float
    speech_timeout_s: float
    short_window: bool
    lean: bool


# Pipecat's own default is 0.2 s of VAD, which its documentation says to keep: transcription overlaps with the silence then.
# With its default of 0.6 s for the timeout instead of 0.3 s fewer turns are cut, and the short window gains nothing.
CONFIGURATIONS = {
    configuration.name: configuration
    for configuration in (
        Configuration("documented", True, 0.2, 0.0, short_window=False, lean=False),
        Configuration("tuned", False, 0.2, 0.3, short_window=False, lean=True),
        Configuration("tuned-short-window", False, 0.2, 0.3, short_window=True, lean=True),
    )
}
