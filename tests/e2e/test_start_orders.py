"""The services started by hand, in random orders, 0 to 3 s apart: a call works each time."""

import random
import time
from pathlib import Path

import pytest
from tests.e2e.questions import QUESTIONS
from tests.e2e.system import System
from tests.e2e.test_many_calls import check_answers

SERVICES = ("gateway", "inbound", "outbound", "whisper", "llama", "piper")


@pytest.mark.e2e
@pytest.mark.parametrize("seed", range(5))
def test_call_works_whatever_the_order(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    order = chance.sample(SERVICES, len(SERVICES))
    system = System(tmp_path / "system")
    question = QUESTIONS[seed % len(QUESTIONS)]
    try:
        for name in order:
            system.start(name)
            time.sleep(chance.uniform(0.0, 3.0))
        system.wait_ready()
        check_answers(system.call(question.path, out=tmp_path / "call"), [question])
    except AssertionError as error:
        raise AssertionError(f"order {order}: {error}\n{system.log[-3000:]}") from error
    finally:
        system.stop()
