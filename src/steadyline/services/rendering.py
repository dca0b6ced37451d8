"""A clause rendered by a voice, and the chunks in which it travels."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from steadyline.services.engine_protocols import Synthesizer
from steadyline.wire.audio_messages import ClauseAudio
from steadyline.wire.messages import Clause

CHUNK_S = 0.2


def render(engine: Synthesizer, text: str) -> tuple[NDArray[np.float32], int]:
    """A whole clause, float32 mono, and its rate; outbound plays no clause that it has not got as a whole."""
    chunks = list(engine.synthesize(text))
    return (np.concatenate(chunks) if chunks else np.zeros(0, np.float32)), engine.rate_hz


def chunks(clause: Clause, rendering: int, samples: NDArray[np.float32], rate_hz: int) -> Iterator[ClauseAudio]:
    """A rendered clause (float32, mono) in chunks of 200 ms; one empty chunk when it has no sound."""
    size = round(CHUNK_S * rate_hz)
    starts = range(0, max(1, len(samples)), size)
    for number, start in enumerate(starts):
        chunk = samples[start : start + size].astype(np.float32)
        is_last = number == len(starts) - 1
        yield ClauseAudio(clause.turn, clause.clause, rendering, number, start, rate_hz, is_last, chunk)
