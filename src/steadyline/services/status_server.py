"""The status port of a service: answers `steadyline status` with what the service knows of itself."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import psutil

from steadyline import __version__
from steadyline.clock import TimerHandle
from steadyline.link.acceptor import Acceptor, AcceptorEvents
from steadyline.link.link import Link
from steadyline.link.network import Address
from steadyline.link.runtime import Runtime
from steadyline.services.service import Service
from steadyline.wire.messages import Hello, Message, StatusReply, StatusRequest, Welcome
from steadyline.wire.operator_messages import ChildReply, ChildRequest, StatusFollow, TypedLine, TypedReply
from steadyline.wire.session import Closed, SessionState

STATUS_CONNECTION = 6
"""The number in an operator's HELLO; connections 0 to 5 are the calls'."""
STALL_CHECK_S = 0.25
"""So often the service's own state is looked at, too."""
GATHER_S = 0.05
"""What changes within so long of each other is told to followers at once: a process that dies takes all its connections along."""
OPERATOR_PING_S = 1.0
OPERATOR_LOST_S = 4.0
"""Nothing said to a caller hangs on an operator's connection, and the supervisor keeps one to each service all the time."""


class StatusServer:
    """Listens on a status port and watches the event loop.

    Args:
        runtime: surroundings; its board is reported.
        name: the service's name, e.g. "piper".
        service: whose state and calls are reported.
        settings: marks of the configuration that it runs with (`config.marks`).
        with_children: its child processes (an engine's) count as its own.
    """

    def __init__(
        self,
        runtime: Runtime,
        name: str,
        service: Service,
        settings: Mapping[str, str] | None = None,
        *,
        with_children: bool = True,
    ) -> None:
        self._runtime = runtime
        self._name = name
        self._service = service
        self._settings = dict(settings or {})
        self._started_at = runtime.clock.now()
        self._process = psutil.Process()
        self._with_children = with_children
        self._longest_stall_s = 0.0
        self._watch: asyncio.Task[None] | None = None
        self._followers: dict[Link, None] = {}
        self._telling: TimerHandle | None = None
        self._known_state = ""
        runtime.board.on_change = self._changed
        times = replace(runtime.times, ping_interval_s=OPERATOR_PING_S, lost_after_s=OPERATOR_LOST_S)
        self._acceptor = Acceptor(
            replace(runtime, times=times),
            STATUS_CONNECTION,
            frozenset({"operator"}),
            AcceptorEvents(self._admit, lambda link, hello: None, self._received, self._closed),
        )

    async def start(self, address: Address) -> None:
        """Listen.

        Raises:
            PortTakenError: the port is in use.
        """
        await self._acceptor.listen(address)
        self._known_state = self._service.state
        self._watch = asyncio.get_running_loop().create_task(self._watch_loop(), name="watch event loop")

    def stop(self) -> None:
        """Close."""
        self._acceptor.close()
        if self._watch is not None:
            self._watch.cancel()
        if self._telling is not None:
            self._telling.cancel()

    def status(self, *, with_details: bool = True) -> dict[str, Any]:
        """What is answered; docs/operations.md explains every field. The details take a walk through /proc."""
        details = getattr(self._service, "details", None)
        return {
            "name": self._name,
            "version": __version__,
            "pid": os.getpid(),
            "state": self._service.state,
            "uptime_s": round(self._runtime.clock.now() - self._started_at, 1),
            "faults": self._runtime.faults.as_dicts(),
            "connections": self._runtime.board.as_dicts(),
            "calls": self._service.calls(),
            **({"resources": self._resources(), "settings": self._settings} if with_details else {}),
            **(details() if details else {}),
        }

    def _resources(self) -> dict[str, Any]:
        """What this process and its engine's process use."""
        processes = [self._process, *(self._process.children() if self._with_children else [])]
        return {
            "processes": [process.pid for process in processes],
            "descriptors": sum(process.num_fds() for process in processes),
            "threads": sum(process.num_threads() for process in processes),
            "tasks": len(asyncio.all_tasks()),
            "rss_bytes": sum(process.memory_info().rss for process in processes),
            "cpu_s": round(sum(sum(process.cpu_times()[:2]) for process in processes), 2),
            "longest_loop_stall_ms": round(self._longest_stall_s * 1000, 1),
        }

    def _admit(self, hello: Hello) -> Welcome:
        return Welcome(self._runtime.role, self._runtime.epoch)

    def _received(self, link: Link, message: Message) -> None:
        if isinstance(message, StatusRequest):
            link.send(StatusReply(self.status(with_details=message.details)))
        elif isinstance(message, ChildRequest):
            link.send(self._ask_of_child(message))
        elif isinstance(message, TypedLine):
            link.send(self._type_line(message))
        elif isinstance(message, StatusFollow):
            self._followers[link] = None
            link.send(StatusReply(self.status(with_details=False)))

    def _changed(self) -> None:
        if self._followers and self._telling is None:
            clock = self._runtime.clock
            self._telling = clock.call_at(clock.now() + GATHER_S, self._tell)

    def _tell(self) -> None:
        self._telling = None
        reply = StatusReply(self.status(with_details=False))
        for link in list(self._followers):
            link.send(reply)

    def _ask_of_child(self, request: ChildRequest) -> ChildReply:
        ask_of_child = getattr(self._service, "ask_of_child", None)
        if ask_of_child is None:
            return ChildReply(False, f"{self._name} has no services under it: ask the supervisor's status port")
        refusal: str = ask_of_child(request.action, request.service)
        return ChildReply(not refusal, refusal)

    def _type_line(self, line: TypedLine) -> TypedReply:
        type_line: Callable[[TypedLine], TypedReply] | None = getattr(self._service, "type_line", None)
        if type_line is None:
            return TypedReply(False, f"{self._name} has no telephone line: ask the gateway's status port")
        return type_line(line)

    def _closed(self, link: Link, closed: Closed) -> None:
        if closed.state is SessionState.LOST and closed.code != "eof" and link.hello is not None:
            self._runtime.log.warning("dropped %s:%d: %s", *link.peer, closed.reason)
        if link.hello is not None:
            self._acceptor.forget(link.hello.call_uuid)
        self._followers.pop(link, None)

    async def _watch_loop(self) -> None:
        clock = self._runtime.clock
        while True:
            before = clock.now()
            await clock.sleep(STALL_CHECK_S)
            stall_s = max(0.0, clock.now() - before - STALL_CHECK_S)
            self._longest_stall_s = max(self._longest_stall_s, stall_s)
            self._runtime.metrics.loop_stall.observe(stall_s)
            former_state, self._known_state = self._known_state, self._service.state
            if former_state != self._known_state:
                self._changed()
