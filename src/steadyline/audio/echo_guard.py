"""Tells the caller's voice from the echo of our own, by what was played to them.

A telephone gives back some of what it plays (speakerphone, sidetone, a two-wire line): the same sound, later, softer, and
coloured. So a window of the caller's audio is echo if what was played one echo delay before explains its level in every
part of the spectrum. Delay and gains are not known; they are learnt as minimum statistics (after R. Martin, "Noise power
spectral density estimation based on optimal smoothing and minimum statistics", 2001): for every delay and every band the
lowest ratio that the caller's level keeps to the level played so long before. The caller's own voice raises ratios and
never lowers them, so nothing wrong is learnt while both speak. Levels alone are compared, which room, codec, lost packets
and a clock that wanders by some milliseconds leave as they are, unlike the wave form that an echo canceller wants.

There is no clock here: the same audio and the same sound played give the same decisions. What is learnt changes outside of
utterances only and has a short written form, so one that begins at the end of an utterance decides as its predecessor did.
"""

import base64
import binascii
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steadyline.audio.pcm import Float32

SAMPLE_RATE_HZ = 16_000
WINDOW_SAMPLES = 512

# Delays are told apart in steps of 16 ms: half a window, so that one of them shares three quarters of every echo.
_HOP_SAMPLES = 256
_HOPS = WINDOW_SAMPLES // _HOP_SAMPLES
# The telephone's band (ITU-T G.712), in parts of equal ratio.
_BAND_EDGES_HZ = np.geomspace(200.0, 3600.0, 9)
_SILENCE_DB = -100.0
# A band that was played softer than this teaches nothing: its echo would be lost in the line's own noise.
_LOUD_DB = -50.0
# Of the difference between what is observed and what is known, per window: down at once, up within seconds.
_FALL, _RISE = 0.3, 0.03
# Sound in a room decays by 60 dB in 0.3 s (a living room, ISO 3382-2); dry echo is over sooner, which costs nothing.
_DECAY_DB = 200.0 * _HOP_SAMPLES / SAMPLE_RATE_HZ
# Below this share of a window's power that is no echo, it is all echo.
_CALLER_SHARE = 0.5
# From this share on there is no doubt that somebody speaks.
_CLEAR_SHARE = 0.9
# A speech detector goes on hearing speech in the quiet after it, Silero for up to five windows (measured). A window softer than
# any caller, so soon after an echo that it may have heard, is that.
_LINGER_WINDOWS = 8
_QUIET_POWER = 10.0 ** (-55.0 / 10.0)
_ECHO_POWER = 10.0 ** (-80.0 / 10.0)
# Windows are fed again when a long utterance is cut in its last 3 s (`EndpointSettings.cut_search_s`).
_KEPT_SAMPLES = 8 * SAMPLE_RATE_HZ
# Windows that nobody waits for are learnt from so many at a time: what costs is the number of transforms and not their size.
_TOGETHER = 8
# The written form: a byte for each gain, in steps of 0.25 dB below full scale.
_STEPS_PER_DB = 4.0

Levels = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EchoGuardSettings:
    """What echo may be like.

    Attributes:
        reach_ms: longest delay, from the gateway's playing to the echo in the caller's audio.
        loudest_db: loudest echo, in dB below what was played; taken for given until a line shows that it has less.
        margin_db: a band must be louder than its echo by so much to be the caller's.
    """

    reach_ms: int = 500
    loudest_db: float = -10.0
    margin_db: float = 6.0


class EchoGuard:
    """Judges windows of one call.

    Attributes:
        is_clear: what was played may account for a tenth of the newest window that mattered at most.
        is_heard: something was played so shortly before the newest window that it may still be in it.
        learned: what was known of the line's echo when the newest utterance ended, for `restore`; "" before the first.
    """

    def __init__(self, settings: EchoGuardSettings) -> None:
        self._settings = settings
        self._delays = np.arange(settings.reach_ms * SAMPLE_RATE_HZ // 1000 // _HOP_SAMPLES + 1)
        self._rows = len(self._delays) + _LINGER_WINDOWS * _HOPS
        self._span = (self._rows - 1) * _HOP_SAMPLES + WINDOW_SAMPLES
        self._gains = np.full((len(self._delays), len(_BAND_EDGES_HZ) - 1), settings.loudest_db)
        self._played = _Played()
        self._played_end = 0
        self._levels_end = -1
        self._levels: Levels = np.zeros((self._rows, self._gains.shape[1]))
        self._unlearnt: list[Float32] = []
        self._unlearnt_end = 0
        self.is_clear = True
        self.is_heard = False
        self.learned = ""

    def played(self, samples: Float32, start: int) -> None:
        """Note sound that has left for the caller.

        Args:
            samples: float32 of shape (n,), 16 kHz, [-1, 1].
            start: index of the first on the call's clock. What was noted before is dropped. It has to be noted before
                the windows that lie at the same time are judged.
        """
        samples = samples[max(0, self._played_end - start) :]
        if not len(samples):
            return
        start = max(start, self._played_end)
        gap = start - self._played_end
        if gap >= _KEPT_SAMPLES:
            self._catch_up()
            self._played.forget()
        elif gap and len(self._played.newest):
            self._played.append(np.zeros(gap, np.float32))
        self._played.append(samples)
        self._played_end = start + len(samples)

    def is_echo(self, window: Float32, start: int, *, learns: bool, matters: bool = True) -> bool:
        """Whether there is nothing in a window but echo of what was played. False at once when nothing was played lately.

        Args:
            window: float32 of shape (512,), 16 kHz, [-1, 1].
            start: index of its first sample on the call's clock.
            learns: the window belongs to no utterance, so that what is known of the line may change by it.
            matters: false for a window that is no speech anyhow, which is answered with False, and is less work.
        """
        end = start + WINDOW_SAMPLES
        played_from = self._played_end - len(self._played.newest)
        self.is_heard = self._played_end > max(end - self._span, played_from) and played_from < end
        self.is_clear = not self.is_heard
        if not self.is_heard or not (learns or matters):
            return False
        if not matters:
            self._learn_later(window, end)
            return False
        self._catch_up()
        levels, heard = self._levels_of(window[None], end)
        played = levels[: len(self._delays)]
        share = self._caller_share(played, heard[0])
        is_echo = share < _CALLER_SHARE or self._lingers(levels, heard[0])
        self.is_clear = share >= _CLEAR_SHARE
        if learns:
            self._learn(played, heard[0])
        return is_echo

    def settle(self) -> None:
        """An utterance has ended: go on from what can be written down."""
        self._catch_up()
        steps = np.clip(np.rint(-self._gains * _STEPS_PER_DB), 0, 255).astype(np.uint8)
        self._gains = steps / -_STEPS_PER_DB
        self.learned = base64.b64encode(steps.tobytes()).decode("ascii")

    def restore(self, learned: str) -> bool:
        """Begin with what another one has learnt; False (and nothing changes) if it had other settings or is not readable."""
        try:
            steps = np.frombuffer(base64.b64decode(learned, validate=True), np.uint8)
        except (binascii.Error, ValueError):
            return False
        if steps.size != self._gains.size:
            return False
        self._catch_up()
        self._gains = steps.reshape(self._gains.shape) / -_STEPS_PER_DB
        self.learned = learned
        return True

    def _caller_share(self, played: Levels, heard: Levels) -> float:
        """How much of the power of `heard`, shape (bands,), echo of `played`, shape (delays, bands), does not account for; levels
        in dB."""
        decay = (_DECAY_DB * self._delays)[:, None]
        # What was played earlier still sounds in the room.
        sounding = np.maximum.accumulate((played - decay)[::-1])[::-1] + decay
        # An echo lies between two of the delays, and moves by one when the line's clocks slip.
        nearby = sounding.copy()
        np.maximum(nearby[1:], sounding[:-1], out=nearby[1:])
        np.maximum(nearby[:-1], sounding[1:], out=nearby[:-1])
        echo = (self._gains + nearby).max(axis=0) + self._settings.margin_db
        power = _power(heard)
        return float(np.maximum(power - _power(echo), 0.0).sum()) / float(power.sum())

    def _lingers(self, levels: Levels, heard: Levels) -> bool:
        """Whether a window is quiet, and echo came shortly before it."""
        if float(_power(heard).sum()) > _QUIET_POWER:
            return False
        delays = len(self._delays)
        before = (levels[at : at + delays] for at in range(_HOPS, len(levels) - delays + 1, _HOPS))
        return any(float(_power((self._gains + played).max(axis=0)).sum()) > _ECHO_POWER for played in before)

    def _learn_later(self, window: Float32, end: int) -> None:
        """Learn from a window before the next one is judged; by then everything played through `end` is still kept."""
        if self._unlearnt and end != self._unlearnt_end + WINDOW_SAMPLES:
            self._catch_up()
        self._unlearnt.append(window)
        self._unlearnt_end = end
        if len(self._unlearnt) == _TOGETHER:
            self._catch_up()

    def _catch_up(self) -> None:
        """Learn from the windows that were put off, which follow each other without a gap."""
        if not self._unlearnt:
            return
        levels, heard = self._levels_of(np.stack(self._unlearnt), self._unlearnt_end)
        self._unlearnt.clear()
        for number, window in enumerate(heard, 1):
            newest = (len(heard) - number) * _HOPS
            self._learn(levels[newest : newest + len(self._delays)], window)

    def _learn(self, played: Levels, heard: Levels) -> None:
        change = heard - played - self._gains
        # Of a fall this is the first product, of a rise the second one.
        learned = self._gains + np.minimum(_FALL * change, _RISE * change)
        bounded = np.minimum(np.maximum(learned, -255 / _STEPS_PER_DB), self._settings.loudest_db)
        self._gains = np.where(played > _LOUD_DB, bounded, self._gains)

    def _levels_of(self, windows: Float32, end: int) -> tuple[Levels, Levels]:
        """Levels of what was played in a window's length before `end`, and 16, 32, … ms before that: (rows, bands); and of the
        windows, of shape (n, 512), of which the last ends there: (n, bands). What belongs to an earlier window begins so much
        further down."""
        rows = self._rows + (len(windows) - 1) * _HOPS
        steps, rest = divmod(end - self._levels_end, _HOP_SAMPLES)
        is_continued = self._levels_end >= 0 and not rest and rows - self._rows <= steps < rows
        missing = steps if is_continued else rows
        # All at once: what costs is the number of transforms that are asked for, and not their size.
        levels = _band_levels(np.concatenate((self._played_frames(end, missing), windows)))
        played = np.concatenate((levels[:missing], self._levels[: rows - missing]))
        self._levels, self._levels_end = played[: self._rows], end
        return played, levels[missing:]

    def _played_frames(self, end: int, count: int) -> Float32:
        """What was played in a window's length before `end`, and 16, 32, … ms before that; silence where nothing was."""
        length = WINDOW_SAMPLES + (count - 1) * _HOP_SAMPLES if count else 0
        origin, played = end - length, self._played.newest
        stretch, played_from = np.zeros(length, np.float32), self._played_end - len(played)
        first, last = max(origin, played_from), min(end, self._played_end)
        if last > first:
            stretch[first - origin : last - origin] = played[first - played_from : last - played_from]
        frames = np.empty((count, WINDOW_SAMPLES), np.float32)
        for number in range(count):
            begin = length - WINDOW_SAMPLES - number * _HOP_SAMPLES
            frames[number] = stretch[begin : begin + WINDOW_SAMPLES]
        return frames


class _Played:
    """The newest 8 s of what was played, in one array that is moved now and then and not with every piece.

    Attributes:
        newest: float32 of shape (n,), at most `_KEPT_SAMPLES`; not to be written to.
    """

    def __init__(self) -> None:
        self._room = np.zeros(0, np.float32)
        self._end = 0
        self.newest: Float32 = self._room

    def append(self, samples: Float32) -> None:
        """Note what follows."""
        samples = samples[-_KEPT_SAMPLES:]
        if self._end + len(samples) > len(self._room):
            kept = self.newest
            # Made when it is needed first: most of an idle service's detectors hear no call.
            self._room = self._room if len(self._room) else np.zeros(2 * _KEPT_SAMPLES, np.float32)
            self._room[: len(kept)] = kept
            self._end = len(kept)
        self._room[self._end : self._end + len(samples)] = samples
        self._end += len(samples)
        self.newest = self._room[max(0, self._end - _KEPT_SAMPLES) : self._end]

    def forget(self) -> None:
        """What follows has nothing to do with what came before."""
        self._end = 0
        self.newest = self._room[:0]


def _power(level_db: Levels) -> Levels:
    return np.power(10.0, level_db / 10.0)


def _band_levels(samples: Float32) -> Levels:
    """Level of each band in dB below full scale, shape (…, 8), of float32 samples of shape (…, 512)."""
    spectrum = np.fft.rfft(samples * _TAPER)[..., _HEARD_BINS]
    power = (np.square(spectrum.real) + np.square(spectrum.imag)) @ _BANDS
    levels: Levels = 10.0 * np.log10(power + 10.0 ** (_SILENCE_DB / 10.0))
    return levels


_TAPER = np.hanning(WINDOW_SAMPLES)
_FREQUENCIES_HZ = np.fft.rfftfreq(WINDOW_SAMPLES, 1 / SAMPLE_RATE_HZ)
_HEARD_BINS = slice(*np.searchsorted(_FREQUENCIES_HZ, _BAND_EDGES_HZ[[0, -1]]).tolist())
# Parseval: the sum over the bins of one side is the mean square of the samples.
_BANDS = (
    (_BAND_EDGES_HZ[:-1] <= _FREQUENCIES_HZ[_HEARD_BINS, None])
    & (_BAND_EDGES_HZ[1:] > _FREQUENCIES_HZ[_HEARD_BINS, None])
) * (2.0 / (WINDOW_SAMPLES * np.square(_TAPER).sum()))
