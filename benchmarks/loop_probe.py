"""How long a service leaves a peer waiting: a PING every 10 ms on its status port, from before it listens."""

import itertools
import os
import socket
import threading
import time

from benchmarks.process_usage import core_wait_seconds
from steadyline.services.status_server import STATUS_CONNECTION
from steadyline.wire.codec import decode_message, encode_message
from steadyline.wire.framing import FrameDecoder
from steadyline.wire.messages import PROTOCOL_VERSION, Hello, Message, Ping, Pong, StatusReply, StatusRequest, Welcome

PING_INTERVAL_S = 0.01
CONNECT_INTERVAL_S = 0.01
ANSWER_DEADLINE_S = 10.0
READ_BYTES = 65536


class LoopProbe(threading.Thread):
    """Asks one service until it stops, and keeps the longest wait for an answer.

    The service answers a PING on its event loop, so that a wait is as long as the loop stood still, and as others kept the
    service from a core. The latter is known to the kernel and taken off for `longest_stop_ms`, what is then left is the
    service's own doing. What kept the probe itself from a core counts in neither.

    Args:
        host, port: the service's status port.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(daemon=True)
        self._address = (host, port)
        self._stopping = threading.Event()
        self._service_pid = 0
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._longest_wait_s = self._longest_stop_s = 0.0
        self.pings = 0

    @property
    def longest_wait_ms(self) -> float:
        """The longest wait since the last `reset`."""
        return round(self._longest_wait_s * 1000, 1)

    @property
    def longest_stop_ms(self) -> float:
        """The longest wait since the last `reset` in which nobody kept the service from a core."""
        return round(self._longest_stop_s * 1000, 1)

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        """The thread: connects as soon as somebody listens, asks until told to stop."""
        while not self._stopping.is_set():
            try:
                with socket.create_connection(self._address) as connection:
                    connection.settimeout(ANSWER_DEADLINE_S)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._converse(_Conversation(connection))
            except OSError:
                self._stopping.wait(CONNECT_INTERVAL_S)

    def _converse(self, conversation: "_Conversation") -> None:
        hello = Hello(PROTOCOL_VERSION, STATUS_CONNECTION, "operator", 0, f"benchmark-{self._address[1]}", 1)
        conversation.ask(hello, Welcome)
        reply = conversation.ask(StatusRequest(False), StatusReply)
        assert isinstance(reply, StatusReply)
        self._service_pid = reply.status["pid"]
        for number in itertools.count(1):
            if self._stopping.wait(PING_INTERVAL_S):
                return
            self._time(conversation, Ping(number))

    def _time(self, conversation: "_Conversation", ping: Ping) -> None:
        began_at, own_s, service_s = time.monotonic(), self._own_core_wait_s(), self._service_core_wait_s()
        conversation.ask(ping, Pong)
        wait_s = time.monotonic() - began_at - (self._own_core_wait_s() - own_s)
        self.pings += 1
        self._longest_wait_s = max(self._longest_wait_s, wait_s)
        self._longest_stop_s = max(self._longest_stop_s, wait_s - (self._service_core_wait_s() - service_s))

    def _own_core_wait_s(self) -> float:
        return core_wait_seconds(os.getpid(), threading.get_native_id())

    def _service_core_wait_s(self) -> float:
        return core_wait_seconds(self._service_pid, self._service_pid)


class _Conversation:
    """Frames over a blocking socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._decoder = FrameDecoder()
        self._seq = itertools.count(1)

    def ask(self, question: Message, answer_type: type[Message]) -> Message:
        """The next message of that type."""
        self._connection.sendall(encode_message(question, next(self._seq)))
        while True:
            data = self._connection.recv(READ_BYTES)
            if not data:
                raise ConnectionError("the service closed the connection")
            for message in map(decode_message, self._decoder.feed(data)):
                if isinstance(message, answer_type):
                    return message
