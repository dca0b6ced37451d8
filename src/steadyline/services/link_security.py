"""From the configuration to the rules of a process's links."""

from steadyline.clock import Clock
from steadyline.config import Config
from steadyline.link.security import ConnectionLimits, Security
from steadyline.secret_file import read_secret
from steadyline.wire.authentication import Authenticator
from steadyline.wire.registration import RegistrationLimits


def link_security(config: Config, clock: Clock) -> Security:
    """The rules of a process that starts now.

    Raises:
        ConfigError: the secret's file cannot be used.
    """
    network, register = config.network, config.register
    return Security(
        Authenticator(read_secret(network.secret_file), round(clock.wall() * 1000), network.clock_tolerance_s),
        ConnectionLimits(
            network.max_connections,
            network.max_connections_per_peer,
            network.max_half_open,
            network.max_half_open_per_peer,
        ),
        RegistrationLimits(register.max_calls, register.max_unproven, register.max_unproven_per_sender),
    )
