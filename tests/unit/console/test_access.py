"""The password, the cookies that stand for it, and the delay after wrong ones; no clock but the test's."""

import pytest

from steadyline.console.access import MAX_CLIENTS, Access, Delays

PASSWORD = "correct horse battery"


def access() -> Access:
    return Access(PASSWORD.encode(), session_s=3600.0)


def test_the_password_and_nothing_else() -> None:
    assert access().matches(PASSWORD)
    for wrong in ("", PASSWORD[:-1], PASSWORD + "x", PASSWORD.upper(), "ü" * 500, "\ud800"):
        assert not access().matches(wrong)


def test_a_cookie_admits_until_its_session_ends() -> None:
    ours = access()
    cookie = ours.cookie(now=1000.0)
    assert ours.admits(cookie, 1000.0) and ours.admits(cookie, 4599.0)
    assert not ours.admits(cookie, 4600.0)


def test_no_two_sessions_have_the_same_cookie() -> None:
    ours = access()
    assert ours.cookie(1000.0) != ours.cookie(1000.0)


@pytest.mark.parametrize(
    "forge",
    [
        lambda cookie: "",
        lambda cookie: "9999999999.abc.",
        lambda cookie: "9999999999.abc." + "0" * 64,
        lambda cookie: cookie.replace("4600", "9999999999", 1),
        lambda cookie: cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
        lambda cookie: cookie + "x" * 100_000,
        lambda cookie: "é" + cookie,
        lambda cookie: "..",
        lambda cookie: cookie.rpartition(".")[0],
    ],
)
def test_a_forged_cookie_is_none(forge: object) -> None:
    ours = access()
    assert not ours.admits(forge(ours.cookie(1000.0)), 1000.0)  # type: ignore[operator]


def test_a_cookie_of_an_earlier_start_is_none() -> None:
    assert not access().admits(access().cookie(1000.0), 1000.0)


def test_the_delay_doubles_to_a_minute_and_ends_with_the_right_password() -> None:
    delays, now, waited = Delays(), 0.0, []
    for _ in range(9):
        delays.failed("10.0.0.1", now)
        waited.append(delays.wait_s("10.0.0.1", now))
        now += waited[-1]
        assert delays.wait_s("10.0.0.1", now) == 0.0
    assert waited == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    delays.succeeded("10.0.0.1")
    delays.failed("10.0.0.1", now)
    assert delays.wait_s("10.0.0.1", now) == 1.0


def test_others_do_not_wait_for_it_but_one_hosts_addresses_are_one() -> None:
    delays = Delays()
    delays.failed("10.0.0.1", 0.0)
    delays.failed("2001:db8::1", 0.0)
    assert delays.wait_s("10.0.0.2", 0.0) == 0.0
    assert delays.wait_s("2001:db8::ffff", 0.0) == 1.0
    assert delays.wait_s("2001:db8:0:1::1", 0.0) == 0.0


def test_no_more_addresses_are_remembered_than_there_is_room_for() -> None:
    delays = Delays()
    for number in range(MAX_CLIENTS + 10):
        delays.failed(f"host {number}", 0.0)
    assert delays.wait_s("host 0", 0.0) == 0.0
    assert delays.wait_s(f"host {MAX_CLIENTS}", 0.0) == 1.0
