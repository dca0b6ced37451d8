"""A caller who says and hears the words of the drills."""

import numpy as np

from steadyline.audio.pcm import from_pcm16, to_pcm16
from steadyline.drills.caller import DrillCaller
from steadyline.drills.tone_speech import HeardWord, sounds_in, speak
from steadyline.sip import SipCall

SETTLED_S = 0.02
"""A sound that has been silent for so long is over."""
LISTENING_S = 0.02
"""How often a condition on what was heard is looked at: a packet's time."""


class ToneCaller(DrillCaller):
    """A caller in a call that is answered."""

    def __init__(self, call: SipCall) -> None:
        super().__init__(call)
        self._settled: list[HeardWord] = []
        self._decoded_s = 0.0

    def say(self, text: str) -> None:
        """Begin to say words of the drills."""
        self.say_sound(to_pcm16(speak(text, self.rate_hz)))

    def said_between(self, since_s: float, until_s: float | None = None) -> list[HeardWord]:
        """What the caller said, as words."""
        return self._sounds(self.recording.caller.samples(self.recording.end_s), since_s, until_s)

    def heard_between(self, since_s: float, until_s: float | None = None) -> list[HeardWord]:
        """What the caller heard: words, and other sounds as `tone_speech.OTHER`."""
        return self._sounds(self.recording.far_end.samples(self.recording.end_s), since_s, until_s)

    def heard_so_far(self) -> list[HeardWord]:
        """As `heard_between` from the beginning, at the price of what is new; the newest sound may still be going on."""
        end_s = self.recording.far_end.end_s
        found = self._sounds(self.recording.far_end.samples(end_s), self._decoded_s, None)
        over = [one for one in found if one.start_s + one.duration_s < end_s - SETTLED_S]
        if over:
            self._settled += over
            self._decoded_s = over[-1].start_s + over[-1].duration_s + SETTLED_S / 2
        elif not found:
            self._decoded_s = max(self._decoded_s, end_s - SETTLED_S)
        return self._settled + found[len(over) :]

    def _sounds(self, channel: np.ndarray, since_s: float, until_s: float | None) -> list[HeardWord]:
        start = max(0, round(since_s * self.rate_hz))
        end = None if until_s is None else round(until_s * self.rate_hz)
        found = sounds_in(from_pcm16(channel[start:end]), self.rate_hz)
        return [HeardWord(one.word, one.start_s + start / self.rate_hz, one.duration_s) for one in found]
