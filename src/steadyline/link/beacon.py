"""UDP registration polling of one call towards one address (connections 1 and 2), and the listener for it."""

import asyncio
from collections.abc import Callable
from typing import Literal

from steadyline.connections import Connection
from steadyline.errors import PortTakenError, WireError
from steadyline.link.network import Address, DatagramPort, reason
from steadyline.link.runtime import Runtime
from steadyline.wire.registration import Registration, decode_registration, encode_registration


class Beacon:
    """Polls REGISTER until told that the peer's HELLO was answered; starts again when told that it was lost.

    Args:
        runtime: surroundings.
        connection: which one, for logs and status.
        port: the UDP port to send from.
        address: whom to register with.
        call_id, call_uuid: the call.
    """

    def __init__(
        self,
        runtime: Runtime,
        connection: Connection,
        port: DatagramPort,
        address: Address,
        call: tuple[int, str],
    ) -> None:
        self._runtime = runtime
        self._connection = connection
        self._port = port
        self._address = address
        self._call_id, self._call_uuid = call
        self._task: asyncio.Task[None] | None = None
        self._polling_since = 0.0
        self.status = runtime.board.add(connection, self._call_id, "polling", "polls")
        self.status.recording = runtime.recorder.call(self._call_uuid, self._call_id)

    def __repr__(self) -> str:
        return f"<Beacon {self._connection.name} call={self._call_id} {self.status.state}>"

    @property
    def is_polling(self) -> bool:
        """Whether REGISTERs are being sent."""
        return self._task is not None

    def start(self) -> None:
        """Poll, from the start of the cadence; nothing when polling already."""
        if self._task is None:
            self._polling_since = self._runtime.clock.now()
            self.status.begin()
            self._task = asyncio.get_running_loop().create_task(self._poll(), name=f"beacon {self._connection.name}")

    def stop(self) -> None:
        """The peer's HELLO was answered: log it and be quiet."""
        if self._task is None:
            return
        self._task.cancel()
        self._task = None
        self.status.opened(None, "registered")
        self._runtime.log.info(
            self._connection.connected_text.format(call_id=self._call_id), extra={"call_id": self._call_id}
        )

    def restart(self, reason: str = "") -> None:
        """The peer's connection was lost, for this reason: poll again from the start of the cadence."""
        self.status.lost(reason, "polling")
        self.start()

    def end(self) -> None:
        """The call is over: stop and send BYE."""
        self.abandon()
        self._send("BYE")

    def abandon(self) -> None:
        """Stop without a word: the call goes on, this process does not."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._runtime.board.remove(self.status)

    async def _poll(self) -> None:
        for due in self._runtime.cadence.times():
            await self._runtime.clock.sleep(max(0.0, self._polling_since + due - self._runtime.clock.now()))
            self._send("REGISTER")
            self.status.attempted()

    def _send(self, verb: Literal["REGISTER", "BYE"]) -> None:
        """Each datagram is signed anew: one that was seen before is dropped."""
        registration = Registration(verb, self._call_id, self._call_uuid)
        sealed = self._runtime.seal.registration(registration, self._address[1])
        self._port.send(encode_registration(sealed), self._address)


class _Listener:
    """Reads datagrams, and drops with a line what is garbled, not to be believed, or too much."""

    def __init__(self, runtime: Runtime, port: int, on_registration: Callable[[Registration, Address], None]) -> None:
        self._runtime = runtime
        self._on_registration = on_registration
        self.port = port

    def received(self, data: bytes, sender: Address) -> None:
        try:
            registration = decode_registration(data)
            self._runtime.seal.check_registration(registration, self.port)
            self._on_registration(registration, sender)
        except WireError as error:
            self._runtime.flood_log.warning(error.code, "dropped a datagram from %s:%d: %s", *sender, error)


async def listen_for_registrations(
    runtime: Runtime, address: Address, on_registration: Callable[[Registration, Address], None]
) -> DatagramPort:
    """Open the UDP port of connection 1 or 2.

    A datagram that is garbled or not to be believed, and one that `on_registration` raises WireError for, is dropped and
    logged, in a flood not each of them.

    Raises:
        PortTakenError: the port cannot be had.
    """
    listener = _Listener(runtime, address[1], on_registration)
    try:
        port = await runtime.network.open_datagram(address, listener.received)
    except OSError as error:
        text = f"UDP port {address[1]} on {address[0]} cannot be opened: {reason(error)}"
        raise PortTakenError(text, (("udp", *address),)) from error
    listener.port = port.port
    return port
