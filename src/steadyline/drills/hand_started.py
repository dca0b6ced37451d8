"""Services started one by one, as an operator would by hand: real processes on free ports, with engines for drills."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from steadyline.config_file import load_config, render_config
from steadyline.drills.real_system import FOLLOW_THE_DRILL, DrillError
from steadyline.drills.tone_engines import ENGINE_SETTINGS
from steadyline.supervisor.free_ports import free_port_settings

STANDBY_SETTING = "standby.engine=steadyline.drills.tone_engines:DrillStandbyVoice"
WITH_ENGINES = ("whisper", "llama", "tts", "standby")
UP_DEADLINE_S = 60.0
STOP_DEADLINE_S = 20.0
POLL_S = 0.01
LOG_TAIL = 40


class HandStartedSystem:
    """Processes of one system, in a folder of their own.

    Attributes:
        config: what they share.
        up_at: by service, when it was up: its ports open, its engine loaded; times of the event loop.

    Args:
        folder: an empty folder.
        settings: `section.key=value` over the defaults, the free ports and the drill's engines.
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        journal = f"journal.path={folder / 'journal.sqlite'}"
        every = [*free_port_settings(), *ENGINE_SETTINGS, STANDBY_SETTING, journal, *settings]
        self.config = load_config(None, every)
        self.up_at: dict[str, float] = {}
        self._config_path = folder / "config.toml"
        self._config_path.write_text(render_config(self.config, with_secrets=True))
        self._log_path = folder / "log.txt"
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._watching: set[asyncio.Task[None]] = set()

    @property
    def uri(self) -> str:
        """What to dial."""
        return f"sip:steadyline@{self.config.gateway.sip_host}:{self.config.gateway.sip_port}"

    async def start(self, name: str, *settings: str) -> None:
        """Start a service, with settings of its own; when it is up is noted."""
        options = [part for setting in settings for part in ("--set", setting)]
        with self._log_path.open("ab") as log:
            self._processes[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", FOLLOW_THE_DRILL, "-m", "steadyline"),
                *("--config", str(self._config_path), *options, name),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(os.environ),
            )
        task = asyncio.create_task(self._note_up(name), name=f"wait for {name}")
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    async def wait_up(self, names: Sequence[str]) -> None:
        """Wait until these are up.

        Raises:
            DrillError: one of them does not come up.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(UP_DEADLINE_S):
                while not all(name in self.up_at for name in names):  # noqa: ASYNC110 - others fill it in
                    await asyncio.sleep(POLL_S)
                return
        missing = ", ".join(name for name in names if name not in self.up_at)
        tail = "\n".join(self._log().splitlines()[-LOG_TAIL:])
        raise DrillError(f"{missing} did not come up within {UP_DEADLINE_S:g} s; the end of the log:\n{tail}")

    async def stop(self) -> None:
        """SIGTERM for all, SIGKILL for who does not heed it."""
        for task in self._watching:
            task.cancel()
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_DEADLINE_S):
                await asyncio.gather(*(process.wait() for process in self._processes.values()))
        for process in self._processes.values():
            if process.returncode is None:
                process.kill()
                await process.wait()
        self._processes.clear()

    async def _note_up(self, name: str) -> None:
        texts = [f"{name} started", *([f"{name} is loaded"] if name in WITH_ENGINES else [])]
        lines = [re.compile(rf" {name} {text}$", re.MULTILINE) for text in texts]
        while not all(line.search(self._log()) for line in lines):  # noqa: ASYNC110 - a process writes it
            await asyncio.sleep(POLL_S)
        self.up_at[name] = asyncio.get_running_loop().time()

    def _log(self) -> str:
        return self._log_path.read_text(errors="replace")
