"""How long the agent is silent: pure, times are arguments."""

from hypothesis import given
from hypothesis import strategies as st

from steadyline.services.playback_hold import PlaybackHold

UNDECIDED_S = 1.5


def interrupted(sample: int = 1000, now: float = 0.0) -> PlaybackHold:
    hold = PlaybackHold(UNDECIDED_S)
    hold.interrupting(sample, now)
    return hold


def test_a_sign_of_speech_holds_and_its_end_as_nothing_frees() -> None:
    hold = interrupted()
    assert hold.is_held
    hold.was_nothing(1000)
    assert not hold.is_held


def test_it_is_held_as_long_as_the_caller_speaks_and_for_a_while_after_it() -> None:
    hold = interrupted()
    hold.caller_speech(True, 0.1)
    hold.look(100.0)
    assert hold.is_held
    hold.caller_speech(False, 100.0)
    hold.look(100.0 + UNDECIDED_S - 0.01)
    assert hold.is_held
    hold.look(100.0 + UNDECIDED_S)
    assert not hold.is_held


def test_what_llama_has_taken_frees() -> None:
    hold = interrupted(1000)
    hold.committed(1000)
    assert hold.is_held, "that was something before"
    hold.committed(9000)
    assert not hold.is_held


def test_a_cough_after_an_interruption_does_not_free_what_is_not_decided() -> None:
    hold = interrupted(1000)
    hold.caller_speech(True, 0.1)
    hold.caller_speech(False, 1.0)
    hold.interrupting(30_000, 1.5)
    hold.was_nothing(30_000)
    assert hold.is_held
    hold.committed(20_000)
    assert not hold.is_held


def test_what_was_typed_while_the_caller_spoke_holds_no_longer_than_what_was_said() -> None:
    hold = interrupted(1000)
    hold.caller_speech(True, 0.1)
    hold.interrupting(9000, 1.0)
    hold.caller_speech(False, 1.0)
    hold.look(1.0 + UNDECIDED_S)
    assert not hold.is_held, "whoever decides may be dead"


def test_a_sign_of_speech_that_nobody_follows_up_frees_by_itself() -> None:
    hold = interrupted(now=5.0)
    hold.look(5.0 + UNDECIDED_S)
    assert not hold.is_held


def test_a_replay_of_what_is_committed_holds_nothing() -> None:
    hold = PlaybackHold(UNDECIDED_S)
    hold.committed(9000)
    hold.interrupting(1000, 0.0)
    assert not hold.is_held


def test_without_inbound_it_is_held_for_a_while_only() -> None:
    hold = interrupted()
    hold.caller_speech(True, 0.1)
    hold.inbound_lost(3.0)
    hold.look(3.0 + UNDECIDED_S)
    assert not hold.is_held


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["interrupting", "nothing", "speaks", "ends", "committed", "lost"]), st.integers(0, 50)
        ),
        max_size=40,
    )
)
def test_whatever_happens_it_is_free_again_when_the_caller_was_silent_for_a_while(
    events: list[tuple[str, int]],
) -> None:
    hold, now = PlaybackHold(UNDECIDED_S), 0.0
    for kind, sample in events:
        now += 0.1
        if kind == "interrupting":
            hold.interrupting(sample, now)
        elif kind == "nothing":
            hold.was_nothing(sample)
        elif kind == "committed":
            hold.committed(sample)
        elif kind == "lost":
            hold.inbound_lost(now)
        else:
            hold.caller_speech(kind == "speaks", now)
        hold.look(now)
    hold.inbound_lost(now)
    hold.look(now + UNDECIDED_S)
    assert not hold.is_held
