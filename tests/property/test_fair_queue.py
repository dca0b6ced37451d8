"""Whatever calls want of an engine, in whatever order: nothing is lost, nobody is starved, nothing due waits for speculation."""

from dataclasses import dataclass
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.services.fair_queue import PERHAPS_NEVER, FairQueue, Order

CALLS = (2, 4, 6, 8)


@dataclass(frozen=True)
class Put:
    call_id: int
    delay_s: float | None


@dataclass(frozen=True)
class Serve:
    """Take what may be taken."""


@dataclass(frozen=True)
class End:
    """One that is being served, or waits, is over."""

    place: int
    of_waiting: bool


@dataclass(frozen=True)
class Want:
    place: int


@dataclass(frozen=True)
class Postpone:
    """The first part of one that is being served is done."""

    place: int
    by_s: float


steps = st.lists(
    st.one_of(
        st.builds(Put, st.sampled_from(CALLS), st.one_of(st.none(), st.just(0.0), st.floats(0.1, 5.0))),
        st.just(Serve()),
        st.builds(End, st.integers(0, 9), st.booleans()),
        st.builds(Want, st.integers(0, 9)),
        st.builds(Postpone, st.integers(0, 9), st.floats(0.1, 5.0)),
    ),
    max_size=60,
)


@settings(max_examples=200)
@given(steps, st.integers(1, 3), st.integers(1, 2), st.sampled_from([0.5, 2.0, inf]))
def test_the_rules_hold_in_every_order_of_events(
    history: list[object], places: int, speculative: int, lead_s: float
) -> None:
    queue, waiting, busy, now = FairQueue(places, speculative, lead_s), list[Order](), list[Order](), 0.0

    def presses(order: Order) -> bool:
        return not order.is_speculative and now >= order.wanted_at - lead_s

    for step in history:
        now += 0.25
        if isinstance(step, Put):
            order = Order(step.call_id, PERHAPS_NEVER if step.delay_s is None else now + step.delay_s)
            queue.put(order, now)
            waiting.append(order)
        elif isinstance(step, Want):
            every = waiting + busy
            if every:
                queue.want(every[step.place % len(every)], now, now)
        elif isinstance(step, Postpone):
            if busy:
                queue.postpone(busy[step.place % len(busy)], now + step.by_s, now)
        elif isinstance(step, End):
            among = waiting if step.of_waiting else busy
            if among:
                order = among.pop(step.place % len(among))
                queue.leave(order)
        else:
            had = [one for one in waiting if presses(one)]
            had_busy = sum(not one.is_speculative for one in busy)
            taken = queue.take(now)
            if taken is None:
                assert not had or had_busy >= places, "what is due waits although a place is free"
                assert waiting == [] or busy, "the engine is idle and somebody waits"
                continue
            waiting.remove(taken)
            if taken.is_speculative:
                assert not had and not had_busy
                assert len(busy) < speculative
            else:
                assert had_busy < places
                assert taken.wanted_at <= now or all(one.wanted_at > now for one in had)
            if not presses(taken):
                assert not had and not any(map(presses, busy))
            if not presses(taken) and not taken.is_speculative:
                assert not any(one.is_speculative for one in (*waiting, *busy))
            busy.append(taken)
            if presses(taken):
                assert all(presses(one) or one.gives_way or one.call_id == taken.call_id for one in busy)
        assert len(queue) == len(waiting)
        due_calls = {one.call_id for one in busy if presses(one)}
        for one in busy:
            assert not (due_calls and one.is_speculative) or one.gives_way or due_calls == {one.call_id}
        assert queue.presses_at() == min(
            (one.wanted_at - lead_s for one in waiting if not one.is_speculative), default=inf
        )


@settings(max_examples=100)
@given(st.lists(st.integers(1, 12), min_size=2, max_size=6), st.integers(1, 3))
def test_while_calls_have_work_none_is_served_twice_more_than_another(amounts: list[int], places: int) -> None:
    queue, left, count = FairQueue(places), dict(enumerate(amounts)), dict.fromkeys(range(len(amounts)), 0)
    for call, amount in left.items():
        for _ in range(amount):
            queue.put(Order(call, 0.0), 0.0)
    while (taken := queue.take(1.0)) is not None:
        queue.leave(taken)
        left[taken.call_id] -= 1
        count[taken.call_id] += 1
        backlogged = [count[call] for call, amount in left.items() if amount]
        assert not backlogged or max(backlogged) - min(backlogged) <= 1
    assert count == dict(enumerate(amounts))
