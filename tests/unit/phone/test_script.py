"""What a caller does, in virtual time."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from steadyline.phone.script import CallerScript, HangUp, Say, ScriptTiming, State

TIMING = ScriptTiming(greeting_timeout_s=4.0, reply_timeout_s=10.0, reply_silence_s=1.5, longest_reply_s=30.0)
STEP_S = 0.02
UTTERANCE_S = 2.0

Spans = Sequence[tuple[float, float]]


def play(
    questions: int, heard: Spans, timing: ScriptTiming = TIMING
) -> tuple[CallerScript, list[tuple[float, object]]]:
    """Run the script against a far end that is audible in `heard`; each utterance takes two seconds to leave."""
    script, actions, speaking_until_s, now_s = CallerScript(questions, timing), [], 0.0, 0.0
    while script.state is not State.DONE and now_s < 300:
        audible = any(start <= now_s < end for start, end in heard)
        action = script.advance(now_s, audible=audible, speaking=now_s < speaking_until_s)
        if action is not None:
            actions.append((round(now_s, 2), action))
        if isinstance(action, Say):
            speaking_until_s = now_s + UTTERANCE_S
        now_s += STEP_S
    return script, actions


def test_it_lets_the_greeting_end_and_then_says_the_question() -> None:
    _, actions = play(1, heard=[(0.5, 2.0)])
    at_s, action = actions[0]
    assert action == Say(0)
    assert abs(at_s - 3.5) < 0.05


def test_a_pause_in_the_greeting_does_not_end_it() -> None:
    _, actions = play(1, heard=[(0.5, 2.0), (3.2, 4.0)])
    assert abs(actions[0][0] - 5.5) < 0.05


def test_without_a_greeting_it_speaks_after_the_timeout() -> None:
    _, actions = play(1, heard=[])
    assert abs(actions[0][0] - 4.0) < 0.05


def test_each_question_waits_for_the_reply_to_the_one_before() -> None:
    script, actions = play(2, heard=[(0.5, 1.0), (5.0, 6.0), (6.8, 8.0), (12.5, 13.0)])
    assert [action for _, action in actions] == [Say(0), Say(1), HangUp()]
    assert abs(actions[1][0] - 9.5) < 0.05
    assert abs(actions[2][0] - 14.5) < 0.05
    assert [mark.answered for mark in script.marks] == [True, True]


def test_a_question_that_gets_no_reply_is_marked_and_the_next_is_said() -> None:
    script, actions = play(2, heard=[(0.5, 1.0), (17.0, 18.0)])
    assert [mark.answered for mark in script.marks] == [False, True]
    assert abs(actions[1][0] - (2.5 + UTTERANCE_S + 10.0)) < 0.1


def test_a_far_end_that_never_stops_is_not_waited_for_for_ever() -> None:
    _, actions = play(1, heard=[(0.5, 1.0), (5.0, 500.0)])
    assert isinstance(actions[-1][1], HangUp)
    assert abs(actions[-1][0] - 35.0) < 0.1


def test_it_goes_on_listening_for_the_time_of_hold() -> None:
    _, actions = play(1, heard=[(0.5, 1.0), (5.0, 6.0)], timing=ScriptTiming(hold_s=3.0))
    assert abs(actions[-1][0] - (6.0 + 1.5 + 3.0)) < 0.1


def test_without_a_question_it_hears_the_greeting_and_hangs_up() -> None:
    script, actions = play(0, heard=[(0.5, 1.0)])
    assert [action for _, action in actions] == [HangUp()]
    assert script.marks == []


@given(
    questions=st.integers(0, 4),
    heard=st.lists(st.tuples(st.floats(0, 60), st.floats(0.02, 5)).map(lambda x: (x[0], x[0] + x[1])), max_size=8),
)
def test_whatever_the_far_end_does_every_question_is_said_once_in_order_and_the_call_ends(
    questions: int, heard: list[tuple[float, float]]
) -> None:
    script, actions = play(questions, heard)
    assert [action for _, action in actions] == [*(Say(k) for k in range(questions)), HangUp()]
    for before, after in zip(script.marks, script.marks[1:], strict=False):
        assert before.said_until_s is not None and before.waited_until_s is not None
        assert before.said_until_s <= before.waited_until_s <= after.said_from_s
