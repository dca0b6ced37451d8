"""An engine in a process of its own: answers, errors and cancellations come through; its death is told; none is left."""

import queue
import signal
import threading
import time
from collections.abc import Iterator
from math import inf

import numpy as np
import psutil
import pytest

from steadyline.engines.remote import RemoteEngine, RemoteLanguageModel
from steadyline.errors import EngineError, EngineFrozenError, EngineLostError, ModelError
from steadyline.vigil import Patience

PATH = "tests.engines.fake_engine:FakeEngine"
PATIENCE = Patience(stopped_s=0.5, silent_s=1.5, start_s=inf)
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


def test_an_error_that_would_not_survive_the_way_says_what_it_said(engine: RemoteEngine) -> None:
    with pytest.raises(EngineError, match="out of breath"):
        engine.call("fail_oddly", {})
    assert engine.call("count_tokens", {"messages": [1]}) == 1


def test_an_answer_that_cannot_be_read_ends_the_engine_and_nobody_waits_for_ever(engine: RemoteEngine) -> None:
    told: queue.SimpleQueue[EngineLostError] = queue.SimpleQueue()
    engine.on_death(told.put)
    with pytest.raises(EngineLostError, match="cannot be read"):
        engine.call("answer_oddly", {})
    assert "cannot be read" in str(told.get(timeout=DEADLOCK_S))


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
    told: queue.SimpleQueue[EngineLostError] = queue.SimpleQueue()
    engine.on_death(told.put)
    with pytest.raises(EngineLostError, match="the engine's process died"):
        engine.call("crash", {})
    assert not isinstance(told.get(timeout=DEADLOCK_S), EngineFrozenError)
    engine.on_death(told.put)
    assert "died" in str(told.get(timeout=DEADLOCK_S)), "who asks late is told at once"
    with pytest.raises(EngineLostError, match="died"):
        deadline = time.monotonic() + DEADLOCK_S
        while time.monotonic() < deadline:
            engine.call("count_tokens", {"messages": []})


def child() -> psutil.Process:
    """The engine's process; other tests may have left dead ones that nobody has waited for."""
    children = [process for process in psutil.Process().children() if process.status() != psutil.STATUS_ZOMBIE]
    [process] = [process for process in children if "steadyline.engines.child" in process.cmdline()]
    return process


class TestFrozen:
    """An engine that does nothing any more holds nobody up for ever."""

    @pytest.fixture
    def watched(self) -> Iterator[RemoteEngine]:
        remote = RemoteEngine(PATH, {"greeting": "hello"}, threads=2, patience=PATIENCE)
        yield remote
        remote.close()

    @pytest.mark.parametrize("size", [10, 1_000_000], ids=["waiting for the answer", "in the middle of the question"])
    def test_one_that_is_stopped_while_somebody_waits(self, watched: RemoteEngine, size: int) -> None:
        told: queue.SimpleQueue[EngineLostError] = queue.SimpleQueue()
        watched.on_death(told.put)
        child().send_signal(signal.SIGSTOP)
        with pytest.raises(EngineLostError):
            watched.call("transcribe", {"samples": np.zeros(size, np.float32)})
        death = told.get(timeout=DEADLOCK_S)
        assert isinstance(death, EngineFrozenError) and death.exit_code == 3
        assert str(death).startswith("the engine's process was stopped (state T) for 0.")

    def test_one_that_is_stopped_while_nobody_asks(self, watched: RemoteEngine) -> None:
        told: queue.SimpleQueue[EngineLostError] = queue.SimpleQueue()
        watched.on_death(told.put)
        child().send_signal(signal.SIGSTOP)
        assert isinstance(told.get(timeout=DEADLOCK_S), EngineFrozenError)

    def test_one_that_is_stopped_while_it_loads(self) -> None:
        stopper = threading.Timer(0.5, lambda: child().send_signal(signal.SIGSTOP))
        stopper.start()
        with pytest.raises(EngineFrozenError, match=r"was stopped .* while it was loaded"):
            RemoteEngine(PATH, {"greeting": "asleep"}, threads=1, patience=PATIENCE)

    def test_one_that_runs_but_never_answers(self, watched: RemoteEngine) -> None:
        with pytest.raises(
            EngineFrozenError, match=r"ran \(state S\) but did not answer for 1\.[5-9] s and was killed"
        ):
            watched.call("hang", {})

    def test_one_that_streams_for_long_is_left_alone(self, watched: RemoteEngine) -> None:
        assert watched.call("stream", {}, lambda _: False) == 1000
        assert watched.call("count_tokens", {"messages": [1]}) == 1

    def test_a_slot_of_a_dead_one_is_free(self) -> None:
        model = RemoteLanguageModel(PATH, {"greeting": "hello"}, threads=1)
        with pytest.raises(EngineLostError):
            model.call("crash", {})
        for _ in range(100):
            model.release(0)
        model.close()
