"""Where a caller's utterances were cut: kept by the gateway, which outlives inbound, until LLaMA has committed them.

Silence alone would make the same cut again from the same audio; words that came when they came would not.
"""

from collections.abc import Iterator

from steadyline.wire.line_messages import CallerSpeech
from steadyline.wire.outbox import Outbox

KEPT_ENDS = 200
"""In the 60 s of audio that the gateway keeps there are fewer than 100 utterances."""


class UtteranceEnds:
    """Pure."""

    def __init__(self) -> None:
        self._kept: Outbox[int, CallerSpeech] = Outbox(KEPT_ENDS)
        self._newest = 0

    def note(self, speech: CallerSpeech) -> None:
        """Inbound says that the caller began or ended; what it says again is known."""
        if not speech.is_speaking and speech.sample > self._newest:
            self._newest = speech.sample
            self._kept.put(speech.sample, speech)

    def commit(self, sample: int) -> None:
        """LLaMA has everything through this sample: nobody cuts it again."""
        self._kept.commit(sample)

    def uncommitted(self) -> Iterator[CallerSpeech]:
        """What a new inbound must cut again, in order."""
        return self._kept.after(None)
