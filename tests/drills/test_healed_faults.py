"""A fault that was healed leaves nothing behind: the next one, long after, costs no word and doubles none either."""

import pytest

from steadyline.drills.simulate.history import Dial, History, Lose, Say, World
from steadyline.drills.simulate.simulation import simulate

SERVICES = ("inbound", "whisper", "llama", "tts", "standby", "outbound")
FIRST_AT_S = 3.4
SECOND_AT_S = 21.6
"""Each in the middle of an answer, so far apart that `failback_after_s` and every repair lie between them."""


@pytest.mark.parametrize("second", SERVICES)
@pytest.mark.parametrize("first", SERVICES)
def test_nothing_is_left_of_a_fault_when_the_next_one_comes(first: str, second: str) -> None:
    events = (
        Dial(0.0, 0, 8_000),
        Say(1.5, 0, "charlie"),
        Lose(FIRST_AT_S, first, 0.3),
        Say(12.0, 0, "juliett"),
        Say(20.0, 0, "quebec"),
        Lose(SECOND_AT_S, second, 0.3),
    )
    for seed in (1, 2):
        world = World(has_standby=True, clauses=3)
        assert simulate(History(seed, world, events)).problems == ()
