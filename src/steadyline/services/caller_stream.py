"""What a caller sent in one call: audio, keys and typed lines on one clock, and where the audio was cut into utterances.

The gateway keeps it, which outlives everything behind it, until LLaMA has committed it.
"""

from collections.abc import Iterator

from steadyline.services.line import Samples
from steadyline.services.typed_text import TypedTexts
from steadyline.services.utterance_ends import UtteranceEnds
from steadyline.wire.audio_messages import CallerAudio
from steadyline.wire.line_messages import CallerSpeech, Digit, TypedText
from steadyline.wire.messages import Message
from steadyline.wire.outbox import Outbox

CLOCK_HZ = 16_000
KEPT_AUDIO_S = 60.0
KEPT_DIGITS = 100


class CallerStream:
    """Pure. Its clock counts the caller's samples at 16 kHz, from the answer on, whatever the line's rate is.

    Attributes:
        next_sample: where what the caller says next begins.
        committed: LLaMA has everything through this sample.

    Args:
        typed: takes what the caller types.
    """

    def __init__(self, typed: TypedTexts) -> None:
        self.next_sample = self.committed = 0
        self._heard: Outbox[int, CallerAudio] = Outbox(KEPT_AUDIO_S * CLOCK_HZ)
        self._digits: Outbox[int, Digit] = Outbox(KEPT_DIGITS)
        self._newest_digit = -1
        self._typed = typed
        self._ends = UtteranceEnds()

    def hear(self, samples: Samples, rate_hz: int) -> CallerAudio:
        """The caller's next samples, int16 at the line's rate."""
        audio = CallerAudio(self.next_sample, rate_hz, samples)
        ticks = len(samples) * CLOCK_HZ // rate_hz
        self.next_sample += ticks
        self._heard.put(self.next_sample, audio, ticks)
        return audio

    def press(self, digit: str, duration_ms: int) -> Digit:
        """The caller pressed a key."""
        # The sample is the digit's identity: two in one frame must differ.
        self._newest_digit = max(self.next_sample, self._newest_digit + 1)
        message = Digit(digit, duration_ms, self._newest_digit)
        self._digits.put(message.sample, message)
        return message

    def type(self, number: int, text: str, now: float) -> tuple[str, TypedText | None]:
        """The caller typed a line; arguments, result and errors as of `TypedTexts.take`."""
        return self._typed.take(number, text, self.next_sample, now)

    def cut(self, speech: CallerSpeech) -> None:
        """Inbound says where an utterance begins or ends."""
        self._ends.note(speech)

    def commit(self, sample: int) -> None:
        """LLaMA has everything through this sample."""
        self.committed = max(self.committed, sample)
        for kept in (self._heard, self._digits, self._typed, self._ends):
            kept.commit(sample)

    def marks(self) -> Iterator[Message]:
        """Keys and cuts that are not committed: a new inbound must know them before the audio."""
        yield from self._digits.after(None)
        yield from self._ends.uncommitted()

    def after(self, sample: int) -> Iterator[tuple[int, Message]]:
        """Audio after this sample, and the lines that are not committed in their places, each with its place."""
        return self._typed.among(self._heard.after(sample))
