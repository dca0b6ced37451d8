"""Both ends of a connection, as test doubles that note what they are told."""

from collections.abc import Awaitable, Callable

from tests.link.worlds import HOST, now

from steadyline.connections import WHISPER_LLAMA, Connection
from steadyline.link.acceptor import Acceptor, AcceptorEvents, Decision
from steadyline.link.dialer import Dialer, DialerEvents
from steadyline.link.link import Link
from steadyline.link.network import Address, Network, Transport
from steadyline.link.runtime import Runtime
from steadyline.wire.codec import decode_message, encode_message
from steadyline.wire.framing import FrameDecoder
from steadyline.wire.messages import Hello, Message, Position, Welcome
from steadyline.wire.session import Closed

CALL_ID = 66
UUID = "6f1c0000-0000-4000-8000-000000000066"


def hello(
    epoch: int = 1,
    role: str = "whisper",
    connection: int = 3,
    uuid: str = UUID,
    version: int = 1,
    resume: Position | None = None,
) -> Hello:
    """A HELLO that a listener of connection 3 admits unless something in it is changed."""
    return Hello(version, connection, role, CALL_ID, uuid, epoch, resume or {})


class DialingEnd:
    """Dials and notes."""

    def __init__(
        self, runtime: Runtime, port: int, connection: Connection = WHISPER_LLAMA, greeting: Hello | None = None
    ) -> None:
        self.welcomes: list[Welcome] = []
        self.messages: list[Message] = []
        self.losses: list[str] = []
        self.endings: list[Closed] = []
        self.opened_at: list[float] = []
        self.lost_at: list[float] = []
        self.on_open: Callable[[], None] = lambda: None
        made = greeting or hello(runtime.epoch, connection.dialer, connection.number)
        events = DialerEvents(lambda: made, self._open, self.messages.append, self._lost, self.endings.append)
        self.dialer = Dialer(runtime, connection, CALL_ID, (HOST, port), events)

    def _open(self, welcome: Welcome) -> None:
        self.welcomes.append(welcome)
        self.opened_at.append(now())
        self.on_open()

    def _lost(self, reason: str) -> None:
        self.losses.append(reason)
        self.lost_at.append(now())


class ListeningEnd:
    """Listens, admits (or what `admit` says), and notes."""

    def __init__(
        self,
        runtime: Runtime,
        connection: Connection = WHISPER_LLAMA,
        admit: Callable[[Hello], Decision | Awaitable[Decision]] | None = None,
        on_open: Callable[[Link], None] = lambda link: None,
    ) -> None:
        self.links: list[Link] = []
        self.hellos: list[Hello] = []
        self.messages: list[Message] = []
        self.closings: list[tuple[Link, Closed]] = []
        self.committed: Position = {}
        self._runtime = runtime
        self._on_open = on_open
        events = AcceptorEvents(admit or self._admit, self._open, self._received, self._closed)
        self.acceptor = Acceptor(runtime, connection.number, frozenset({connection.dialer}), events)

    async def listen(self, port: int = 0) -> int:
        await self.acceptor.listen((HOST, port))
        return self.acceptor.port

    def _admit(self, hello: Hello) -> Decision:
        return Welcome(self._runtime.role, self._runtime.epoch, self.committed)

    def _open(self, link: Link, hello: Hello) -> None:
        self.links.append(link)
        self.hellos.append(hello)
        self._on_open(link)

    def _received(self, link: Link, message: Message) -> None:
        self.messages.append(message)

    def _closed(self, link: Link, closed: Closed) -> None:
        self.closings.append((link, closed))


class RawPeer:
    """A stream without a session: writes any bytes, decodes what comes."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.is_closed = False
        self.closed_at = 0.0
        self._transport: Transport | None = None
        self._decoder = FrameDecoder()
        self._seq = 0

    @classmethod
    async def dial(cls, network: Network, port: int) -> "RawPeer":
        peer = cls()
        await network.connect((HOST, port), peer)
        return peer

    @property
    def is_connected(self) -> bool:
        return self._transport is not None and not self.is_closed

    def connected(self, transport: Transport, peer: Address) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.messages += [decode_message(frame) for frame in self._decoder.feed(data)]

    def disconnected(self, reason: str) -> None:
        self.is_closed, self.closed_at = True, now()

    def say(self, message: Message) -> None:
        self._seq += 1
        self.write(encode_message(message, self._seq))

    def write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()
