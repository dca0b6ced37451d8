"""A clause rendered by a voice, and the chunks in which it travels."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadyline.audio.lead import begins_at_once
from steadyline.audio.trail import goes_on_at_once
from steadyline.errors import EngineError
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import Synthesizer
from steadyline.services.fair_queue import Order
from steadyline.text.phrase_starts import breaks_off
from steadyline.wire.audio_messages import MAX_RATE_HZ, MIN_RATE_HZ, ClauseAudio
from steadyline.wire.messages import Clause, Message

CHUNK_S = 0.2
RENDERING_NUMBERS = 1 << 32


@dataclass(frozen=True)
class Rendering:
    """A text as sound.

    Attributes:
        samples: float32, mono, [-1, 1].
        rate_hz: their rate.
        took_s: how long the voice took, its queue included.
        number: another rendering of the text has another one.
    """

    samples: NDArray[np.float32]
    rate_hz: int
    took_s: float
    number: int


async def rendered(host: EngineHost[Synthesizer], text: str, random: Callable[[], float], order: Order) -> Rendering:
    """A text rendered anew.

    Args:
        host: the voice.
        text: what it says.
        random: floats in [0, 1).
        order: its place in the queue.

    Raises:
        EngineError: the voice failed on it.
    """
    begun_at, number = host.now(), int(random() * RENDERING_NUMBERS)
    samples, rate_hz = await host.run(lambda engine: render(engine, text), "render", order)
    return Rendering(samples, rate_hz, host.now() - begun_at, number)


def render(engine: Synthesizer, text: str) -> tuple[NDArray[np.float32], int]:
    """A whole clause, float32 mono within [-1, 1], and its rate; outbound plays no clause that it has not got as a whole.

    Raises:
        EngineError: the voice's rate, or the shape of what it gave, is none that can be played.
    """
    if type(engine.rate_hz) is not int or not MIN_RATE_HZ <= engine.rate_hz <= MAX_RATE_HZ:
        raise EngineError(
            f"the voice's rate_hz is {engine.rate_hz!r}, expected a whole number from {MIN_RATE_HZ} to {MAX_RATE_HZ}"
        )
    chunks = list(engine.synthesize(text))
    if not chunks:
        return np.zeros(0, np.float32), engine.rate_hz
    if any(np.ndim(chunk) != 1 for chunk in chunks):
        raise EngineError(f"the voice gave samples of shape {np.shape(chunks[0])}, expected one dimension")
    # What is no number would be refused on the way, again and again.
    finite = np.nan_to_num(np.concatenate(chunks).astype(np.float32), nan=0.0, posinf=1.0, neginf=-1.0)
    samples = begins_at_once(np.clip(finite, -1.0, 1.0), engine.rate_hz)
    return (goes_on_at_once(samples, engine.rate_hz) if breaks_off(text) else samples), engine.rate_hz


def chunks(clause: Clause, rendering: Rendering) -> Iterator[ClauseAudio]:
    """A rendered clause in chunks of 200 ms; one empty chunk when it has no sound."""
    samples, rate_hz = rendering.samples, rendering.rate_hz
    size = round(CHUNK_S * rate_hz)
    starts = range(0, max(1, len(samples)), size)
    for number, start in enumerate(starts):
        chunk = samples[start : start + size].astype(np.float32)
        is_last = number == len(starts) - 1
        yield ClauseAudio(clause.turn, clause.clause, rendering.number, number, start, rate_hz, is_last, chunk)


def by_clause(kept: Iterable[Message]) -> dict[tuple[int, int], list[ClauseAudio]]:
    """The rendered clauses among what a voice has kept, each as its chunks, without one that is not there from its beginning."""
    clauses: dict[tuple[int, int], list[ClauseAudio]] = {}
    for message in kept:
        if isinstance(message, ClauseAudio):
            clauses.setdefault((message.turn, message.clause), []).append(message)
    return {clause: chunks for clause, chunks in clauses.items() if chunks[0].chunk_id == 0}
