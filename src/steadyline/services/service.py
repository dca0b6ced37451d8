"""What every service is to the process that runs it and to `steadyline status`."""

from typing import Any, Protocol


class Service(Protocol):
    """The body of one process; runs over the network, the engine and the clock that it is given."""

    async def start(self) -> None:
        """Bind the ports and begin to find the others.

        Raises:
            PortTakenError: a port that the service needs is in use.
        """

    async def stop(self) -> None:
        """Let go of everything. Calls go on: the others notice a loss, not an end."""

    @property
    def state(self) -> str:
        """ "ready", or what is in the way, e.g. "loading"."""

    def calls(self) -> list[dict[str, Any]]:
        """The calls it serves, as JSON objects."""
