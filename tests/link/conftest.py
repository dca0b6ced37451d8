"""Every test that asks for `world` runs once in memory and virtual time, once on loopback sockets."""

import logging

import pytest
from tests.link.worlds import LOG, MemoryWorld, TcpWorld, World


@pytest.fixture(params=["memory", "tcp"])
def world(request: pytest.FixtureRequest) -> World:
    return MemoryWorld() if request.param == "memory" else TcpWorld()


@pytest.fixture(autouse=True)
def all_log_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger=LOG.name)
