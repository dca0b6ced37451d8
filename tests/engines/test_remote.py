"""An engine in a process of its own: answers, errors and cancellations come through; its death is told; none is left."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from steadyline.engines.remote import RemoteEngine
from steadyline.errors import EngineError, ModelError

PATH = "tests.engines.fake_engine:FakeEngine"
DEADLOCK_S = 30.0


@pytest.fixture
def engine() -> Iterator[RemoteEngine]:
    remote = RemoteEngine(PATH, {"greeting": "hello"}, threads=2)
    yield remote
    remote.close()


def test_values_arrays_and_attributes_come_through(engine: RemoteEngine) -> None:
    samples = np.linspace(-1, 1, 16_000, dtype=np.float32)
    assert np.array_equal(engine.call("transcribe", {"samples": samples}), samples)
    assert engine.attributes == {"rate_hz": 22_050, "context_tokens": 512}


def test_an_engines_error_is_raised_here(engine: RemoteEngine) -> None:
    with pytest.raises(EngineError, match="out of luck"):
        engine.call("fail", {})


def test_an_error_of_loading_is_raised_here() -> None:
    with pytest.raises(ModelError, match="steadyline models fetch missing"):
        RemoteEngine(PATH, {"greeting": "missing"}, threads=1)


def test_text_streams_and_a_cancellation_ends_it(engine: RemoteEngine) -> None:
    heard: list[str] = []

    def on_text(piece: str) -> bool:
        heard.append(piece)
        return len(heard) >= 3

    assert engine.call("stream", {}, on_text) < 1000
    assert heard[:3] == ["hello 1", "hello 2", "hello 3"]


def test_a_long_call_does_not_hold_up_another(engine: RemoteEngine) -> None:
    is_over = False
    stream = threading.Thread(target=lambda: engine.call("stream", {}, lambda _: is_over))
    stream.start()
    assert engine.call("count_tokens", {"messages": [1, 2]}) == 2
    assert stream.is_alive()
    is_over = True
    stream.join(DEADLOCK_S)
    assert not stream.is_alive()


def test_a_crash_is_an_error_for_who_waits_and_is_told(engine: RemoteEngine) -> None:
    died = threading.Event()
    engine.on_death = died.set
    with pytest.raises(EngineError, match="died"):
        engine.call("crash", {})
    assert died.wait(DEADLOCK_S)
    with pytest.raises(EngineError, match="died"):
        deadline = time.monotonic() + DEADLOCK_S
        while time.monotonic() < deadline:
            engine.call("count_tokens", {"messages": []})
