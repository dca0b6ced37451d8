"""Ports for systems side by side: free, distinct, and such that a service that is started again gets its own back."""

import socket

import pytest

from steadyline.config_file import load_config
from steadyline.services.ports import configured_ports
from steadyline.supervisor import free_ports
from steadyline.supervisor.free_ports import SYSTEMS_AT_ONCE, Shares, free_port_settings

FIRST_EPHEMERAL_PORT = 32_768


def test_no_port_is_one_that_the_kernel_gives_to_outgoing_connections() -> None:
    for _ in range(20):
        ports = [int(setting.partition("=")[2]) for setting in free_port_settings() if "port" in setting]
        assert max(ports) < FIRST_EPHEMERAL_PORT


def test_no_two_services_share_one() -> None:
    for _ in range(20):
        fixed = configured_ports(load_config(None, free_port_settings()))
        assert len({(port.kind, port.number) for port in fixed}) == len(fixed)


@pytest.mark.parametrize("before", [0, 70])
def test_systems_that_are_started_at_the_same_time_share_none_either(before: int) -> None:
    """However many were started before: ports are given again, the oldest first."""
    for _ in range(before):
        free_port_settings()
    systems = [{port.number for port in configured_ports(load_config(None, free_port_settings()))} for _ in range(20)]
    assert sum(len(ports) for ports in systems) == len(set[int]().union(*systems))


def test_the_calls_of_systems_that_run_at_the_same_time_have_ports_of_their_own() -> None:
    configs = [load_config(None, free_port_settings()) for _ in range(SYSTEMS_AT_ONCE)]
    assert len({config.inbound.audio_port_base for config in configs}) == len(configs)
    assert len({config.gateway.rtp_port_low for config in configs}) == len(configs)


def test_what_one_process_has_taken_another_does_not_take() -> None:
    """Whether its ports are open yet or not: two systems that start at the same moment cannot see that from the ports."""
    bases = range(28_800, 28_890, 10)
    ours, theirs = Shares(bases), Shares(bases)
    for _ in range(40):
        held = {ours.take(), ours.take()}
        assert not held & {theirs.take(), theirs.take()}


def test_where_all_are_taken_one_of_them_is_given_all_the_same() -> None:
    bases = range(28_900, 28_920, 10)
    ours, theirs = Shares(bases), Shares(bases)
    assert {ours.take(), ours.take()} == set(bases)
    assert theirs.take() in bases


def test_a_port_that_somebody_has_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    bases = range(28_930, 28_990, 60)
    monkeypatch.setattr(free_ports, "FIXED_PORT_BASES", bases)
    monkeypatch.setattr(free_ports, "_fixed", Shares(bases))
    with socket.socket() as held:
        held.bind(("127.0.0.1", bases[0] + 5))
        given = {one.partition("=")[2] for one in free_port_settings()}
    assert str(bases[0] + 4) in given and str(bases[0] + 5) not in given
