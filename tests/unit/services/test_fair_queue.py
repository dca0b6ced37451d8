"""Who is served next: what somebody waits for, call by call, then what will be wanted, then what may be in vain."""

from steadyline.services.fair_queue import FairQueue, Order

ALICE, BOB, CAROL = 2, 4, 6
NOW = 10.0
LEAD_S = 1.0


def served(queue: FairQueue, now: float = 10.0) -> list[Order]:
    """All that waits, one after another, each ended before the next begins."""
    order = []
    while (taken := queue.take(now)) is not None:
        order.append(taken)
        queue.leave(taken)
    return order


def test_nothing_is_taken_from_an_empty_queue() -> None:
    assert FairQueue(1).take(0.0) is None


def test_what_is_due_goes_before_speculation_that_came_first() -> None:
    queue = FairQueue(1)
    perhaps, due = Order(ALICE), Order(BOB, 10.0)
    queue.put(perhaps, NOW)
    queue.put(due, NOW)
    assert served(queue) == [due, perhaps]


def test_speculation_waits_until_what_is_due_is_over() -> None:
    queue = FairQueue(2)
    due, perhaps = Order(ALICE, 10.0), Order(BOB)
    queue.put(due, NOW)
    queue.put(perhaps, NOW)
    assert queue.take(10.0) is due
    assert queue.take(10.0) is None, "a place is free, but the engine is not idle"
    queue.leave(due)
    assert queue.take(10.0) is perhaps


def test_speculation_that_has_begun_takes_no_place_from_what_is_due() -> None:
    queue = FairQueue(1)
    perhaps, due, next_due = Order(ALICE), Order(BOB, 10.0), Order(CAROL, 10.0)
    queue.put(perhaps, NOW)
    assert queue.take(10.0) is perhaps
    queue.put(due, NOW)
    assert queue.take(10.0) is due
    queue.put(next_due, NOW)
    assert queue.take(10.0) is None
    queue.leave(due)
    assert queue.take(10.0) is next_due


def test_one_piece_of_speculation_at_a_time() -> None:
    queue = FairQueue(4, speculative_places=1)
    for call in (ALICE, BOB):
        queue.put(Order(call), NOW)
    first = queue.take(10.0)
    assert first is not None and queue.take(10.0) is None
    queue.leave(first)
    assert queue.take(10.0) is not None


def test_another_calls_speculation_gives_way_to_what_is_due_and_ones_own_does_not() -> None:
    queue = FairQueue(4, speculative_places=2)
    of_alice, of_bob = Order(ALICE), Order(BOB)
    for order in (of_alice, of_bob):
        queue.put(order, NOW)
        assert queue.take(10.0) is order
    queue.put(Order(BOB, 10.0), NOW)
    assert (of_alice.gives_way, of_bob.gives_way) == (True, False)


def test_speculation_that_comes_true_goes_on_and_others_give_way_to_it() -> None:
    queue = FairQueue(4, speculative_places=2)
    of_alice, of_bob = Order(ALICE), Order(BOB)
    for order in (of_alice, of_bob):
        queue.put(order, NOW)
        queue.take(10.0)
    queue.want(of_alice, NOW, NOW)
    assert (of_alice.gives_way, of_bob.gives_way) == (False, True)
    queue.want(of_bob, 11.0, 11.0)
    assert not of_bob.gives_way, "both are due now, and share"


def test_speculation_that_waits_and_comes_true_is_served_as_due() -> None:
    queue = FairQueue(1)
    due, first, second = Order(ALICE, 10.0), Order(BOB), Order(CAROL)
    for order in (due, first, second):
        queue.put(order, NOW)
    queue.want(second, NOW, NOW)
    assert served(queue) == [due, second, first]


def test_who_hears_nothing_goes_before_who_is_listening() -> None:
    queue = FairQueue(1)
    third_clause, first_clause = Order(ALICE, 14.5), Order(BOB, 10.0)
    queue.put(third_clause, NOW)
    queue.put(first_clause, NOW)
    assert served(queue, 10.0) == [first_clause, third_clause]


def test_of_listeners_the_one_whose_sound_ends_first_goes_first() -> None:
    queue = FairQueue(1)
    later, sooner = Order(ALICE, 14.0), Order(BOB, 12.0)
    queue.put(later, NOW)
    queue.put(sooner, NOW)
    assert served(queue, 10.0) == [sooner, later]


def test_a_listener_whose_sound_has_ended_waits_like_everybody() -> None:
    queue = FairQueue(1)
    for call in (BOB, CAROL):
        queue.put(Order(call, 10.0), NOW)
    taken = queue.take(10.0)
    assert taken is not None and taken.call_id == BOB
    listener, newer_of_bob = Order(ALICE, 14.0), Order(BOB, 15.0)
    queue.put(listener, NOW)
    queue.put(newer_of_bob, NOW)
    queue.leave(taken)
    assert [order.call_id for order in served(queue, 16.0)] == [CAROL, ALICE, BOB]


def test_a_call_with_much_to_do_takes_turns_with_the_others() -> None:
    queue = FairQueue(1)
    for call in (ALICE, ALICE, ALICE, BOB, BOB, CAROL):
        queue.put(Order(call, 10.0), NOW)
    assert [order.call_id for order in served(queue)] == [ALICE, BOB, CAROL, ALICE, BOB, ALICE]


def test_what_is_not_wanted_any_more_is_not_served() -> None:
    queue = FairQueue(1)
    kept, dropped = Order(ALICE, 10.0), Order(BOB, 10.0)
    queue.put(dropped, NOW)
    queue.put(kept, NOW)
    queue.leave(dropped)
    queue.leave(dropped)
    assert served(queue) == [kept]
    assert len(queue) == 0


def listening(queue: FairQueue, call_id: int, until: float) -> Order:
    """An answer that is being written, of which there is sound until then."""
    order = Order(call_id, NOW)
    queue.put(order, NOW)
    assert queue.take(NOW) is order
    queue.postpone(order, until, NOW)
    return order


def test_an_answer_with_sound_ahead_gives_way_to_who_hears_nothing() -> None:
    queue = FairQueue(4, lead_s=LEAD_S)
    of_alice = listening(queue, ALICE, NOW + 3)
    assert not of_alice.gives_way
    due = Order(BOB, NOW)
    queue.put(due, NOW)
    assert of_alice.gives_way
    assert queue.take(NOW) is due


def test_an_answer_whose_sound_is_about_to_end_does_not_give_way() -> None:
    queue = FairQueue(4, lead_s=LEAD_S)
    of_alice = listening(queue, ALICE, NOW + 3)
    due = Order(BOB, NOW + 2.5)
    queue.put(due, NOW + 2.5)
    assert not of_alice.gives_way
    assert queue.take(NOW + 2.5) is due


def test_an_answer_gives_way_when_its_first_words_are_out_to_who_came_before_that() -> None:
    queue = FairQueue(4, lead_s=LEAD_S)
    of_alice, of_bob = Order(ALICE, NOW), Order(BOB, NOW)
    for order in (of_alice, of_bob):
        queue.put(order, NOW)
        assert queue.take(NOW) is order
    assert not of_alice.gives_way
    queue.postpone(of_alice, NOW + 3, NOW)
    assert (of_alice.gives_way, of_bob.gives_way) == (True, False)


def test_what_is_put_off_waits_while_others_are_served_but_no_longer_than_it_can() -> None:
    queue = FairQueue(4, lead_s=LEAD_S)
    due, put_off = Order(BOB, NOW), Order(ALICE, NOW + 3)
    for order in (due, put_off):
        queue.put(order, NOW)
    assert queue.take(NOW) is due
    assert queue.take(NOW) is None
    assert queue.presses_at() == NOW + 2
    assert queue.take(NOW + 1.9) is None
    assert queue.take(NOW + 2) is put_off


def test_what_is_put_off_is_done_when_nobody_needs_the_engine() -> None:
    queue = FairQueue(4, lead_s=LEAD_S)
    due, put_off = Order(BOB, NOW), Order(ALICE, NOW + 3)
    for order in (due, put_off):
        queue.put(order, NOW)
    assert served(queue) == [due, put_off]


def test_speculation_goes_before_what_is_put_off_which_gives_way_to_it() -> None:
    queue = FairQueue(4, lead_s=LEAD_S)
    of_alice = listening(queue, ALICE, NOW + 3)
    perhaps = Order(BOB)
    queue.put(perhaps, NOW)
    assert of_alice.gives_way
    assert queue.take(NOW) is None, "it ends at its next word"
    queue.leave(of_alice)
    rest_of_alice = Order(ALICE, of_alice.wanted_at)
    queue.put(rest_of_alice, NOW)
    assert queue.take(NOW) is perhaps
    assert queue.take(NOW) is None
    assert queue.take(NOW + 2) is rest_of_alice
    assert perhaps.gives_way, "now the caller needs it"


def test_nothing_is_put_off_by_an_engine_whose_work_cannot_give_way() -> None:
    queue = FairQueue(4)
    due, clause = Order(BOB, NOW), Order(ALICE, NOW + 60)
    for order in (due, clause):
        queue.put(order, NOW)
    assert [queue.take(NOW), queue.take(NOW)] == [due, clause]
