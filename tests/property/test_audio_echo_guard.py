"""With an echo, too, a replay from the end of any utterance cuts the same segments, if it is given what was learnt there."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.audio.echo_guard import EchoGuard, EchoGuardSettings
from steadyline.audio.endpointing import EndpointSettings, SpeechEnded
from steadyline.audio.pcm import Float32
from steadyline.audio.segmenter import SpeechSegmenter
from steadyline.engines.vad_energy import EnergyVad

FRAME = 320
KEPT_BEFORE = 32_000
"""What was played so long before a replay begins is told again (`services.echo_reference`)."""


@dataclass
class Call:
    """What was heard and what was played, at 16 kHz."""

    heard: Float32
    played: Float32


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Some 8 s: a caller and an agent, each in stretches of noise, and the agent's echo."""
    rng = np.random.default_rng(draw(st.integers(0, 1000)))

    def talk(level: float) -> Float32:
        lengths = draw(st.lists(st.integers(800, 30_000), min_size=4, max_size=8))
        loud = [level * draw(st.sampled_from([0.0, 0.3, 1.0])) for _ in lengths]
        parts = [rng.normal(size=length) * amount for length, amount in zip(lengths, loud, strict=True)]
        return np.concatenate([*parts, np.zeros(128_000)])[:128_000].astype(np.float32)

    played, said = talk(0.1), talk(0.1)
    delay, gain = draw(st.integers(0, 8000)), 10 ** (draw(st.floats(-40, 0)) / 20)
    echo = np.concatenate((np.zeros(delay, np.float32), played))[: len(played)] * np.float32(gain)
    return Call((said + echo + rng.normal(size=len(said)) * 3e-4).astype(np.float32), played)


def cut(call: Call, start: int, learned: str) -> dict[tuple[int, int], str]:
    """(start, end) of every utterance from `start` on, and what was known after it."""
    guard = EchoGuard(EchoGuardSettings())
    guard.restore(learned)
    segmenter = SpeechSegmenter(EnergyVad(), EndpointSettings(max_utterance_s=5.0, cut_search_s=1.5), start, guard)
    found = {}
    for at in range(max(0, start - KEPT_BEFORE) // FRAME * FRAME, len(call.heard), FRAME):
        guard.played(call.played[at : at + FRAME], at)
        if at + FRAME > start:
            first = max(start, at)
            for event in segmenter.push(call.heard[first : at + FRAME], first):
                if isinstance(event, SpeechEnded):
                    found[event.start, event.end] = guard.learned
    return found


@settings(max_examples=6)
@given(call=calls())
def test_a_replay_from_the_end_of_any_utterance_cuts_the_same(call: Call) -> None:
    whole = cut(call, 0, "")
    for number, ((_, end), learned) in enumerate(whole.items(), 1):
        assert list(cut(call, end, learned).items()) == list(whole.items())[number:]
