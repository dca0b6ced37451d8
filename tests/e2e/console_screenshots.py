"""Pictures of every page of the console, to be looked at: `python -m tests.e2e.console_screenshots FOLDER`.

The services are made up, and so are the calls, some of them by somebody who means harm. Needs Chromium,
node, and npm's playwright-core in a folder that $NODE_PATH names.
"""

import logging
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from tests.unit.console.recorded import LINE_HZ, PIECE, UUID, recorder
from tests.unit.console.scene import Scene, connection, status

from steadyline.audio.files import read_audio
from steadyline.audio.pcm import to_pcm16
from steadyline.audio.resampling import resample
from steadyline.config import Config
from steadyline.connections import CONNECTIONS
from steadyline.console.access import Access
from steadyline.console.line_view import line_view
from steadyline.console.picture import picture
from steadyline.console.service import console_app
from steadyline.console.settings_desk import SettingsDesk
from steadyline.console.sources import Sources
from steadyline.console.watch import Watch
from steadyline.recorder.channels import CLOCK_HZ
from steadyline.recorder.recorder import CallRecording
from steadyline.services.status_follower import Told
from steadyline.services.system_status import Answers
from steadyline.wire.operator_messages import ChildReply

HOST = "127.0.0.1"
QUESTION = Path(__file__).parents[2] / "examples" / "questions" / "1-capital-of-france.wav"
SERVICES = ("gateway", "inbound", "whisper", "llama", "piper", "standby", "outbound")
PAGES = {
    "line": "/",
    "calls": "/calls",
    "call": f"/calls/{UUID}",
    "hostile": "/calls/call-3",
    "health": "/health",
    "settings": "/settings",
}
SCRIPT = Path(__file__).with_suffix(".cjs")
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)> " + "W" * 300


def fill(scene: Scene) -> None:
    """Calls of the last hours."""
    now = time.time()
    for number in (number for number in range(60) if number != 3):
        scene.with_call(UUID if number == 0 else f"call-{number}", now - 60 - 1200 * number)
    with recorder(scene) as recording:
        talk_of(recording)
    scene.with_call("call-3", now - 3661, peer=f"sip:{MARKUP}@evil", question=MARKUP, answer=MARKUP * 20)


def talk_of(recording: CallRecording) -> None:
    """What `Scene.with_call` has: a greeting, a question from 2 to 4 s after the answer, its answer from 5.1 s on."""
    voice, rate_hz = read_audio(QUESTION)
    spoken = to_pcm16(resample(voice, rate_hz, LINE_HZ))
    lanes = {"caller": np.zeros(9 * LINE_HZ, np.int16), "agent": np.zeros(9 * LINE_HZ, np.int16)}
    for lane, from_s, until_s in (("agent", 0.0, 1.0), ("caller", 2.0, 4.0), ("agent", 5.1, 7.1)):
        start, end = round(from_s * LINE_HZ), round(until_s * LINE_HZ)
        piece = np.resize(spoken, end - start)
        lanes[lane][start:end] = piece if lane == "caller" else -(piece // 2)
    for start in range(0, 9 * LINE_HZ, PIECE):
        sample = start * CLOCK_HZ // LINE_HZ
        recording.heard(sample, LINE_HZ, lanes["caller"][start : start + PIECE])
        recording.played(sample, LINE_HZ, lanes["agent"][start : start + PIECE])


def answers(*, is_struck: bool) -> Answers:
    """A call under way; the voice was just killed, or not."""
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in SERVICES}
    names = {"tts": "piper"}
    for one in CONNECTIONS:
        is_lost = is_struck and "tts" in (one.dialer, one.listener)
        word = ("polling" if is_lost else "registered") if one.transport == "udp" else ("lost" if is_lost else "open")
        teller = one.dialer if one.dialer != "tts" else one.listener
        side = "dials" if teller == one.dialer else "accepts"
        figures = {"round_trip_ms": 0.31 if word == "open" else None, "established_ms": 4.2, "losses": int(is_lost)}
        told[names.get(teller, teller)].append(connection(one.name, word, side=side, **figures))
    call = {"call_id": 66, "call_uuid": UUID, "peer": f"sip:{MARKUP}@evil", "codec": "opus", "state": "answered"}
    call |= {"started": time.time() - 20, "waiting_for": ""}
    found: Answers = {name: status("ready", *told[name]) for name in SERVICES}
    found["gateway"] = {
        **status("ready", *told["gateway"], calls=(call,)),
        "sip_uri": "sip:steadyline@127.0.0.1:5060",
        "max_calls": 4,
        "refused_calls": 0,
    }
    if is_struck:
        found["piper"] = None
        found["whisper"] = status("whisper: loading", *told["whisper"])
    return found


@contextmanager
def console(scene: Scene, *, is_struck: bool = False, password: str = "") -> Iterator[str]:
    """A console over made-up services; its address."""
    drawn = picture(CONNECTIONS, {"tts" if name == "piper" else name: name for name in SERVICES})
    children = {name: {"restarts": 3 if name == "piper" else 0, "freezes": 0, "state": "running"} for name in SERVICES}

    async def nothing() -> dict[str, Any] | None:
        return None

    def view(_: Answers) -> dict[str, Any]:
        return line_view(answers(is_struck=is_struck), {"children": children}, drawn, drills=True)

    async def ask_of_child(action: str, service: str) -> ChildReply | None:
        scene.wishes.append((action, service))
        return scene.reply

    async def ask_all() -> Answers:
        made_up = answers(is_struck=is_struck)
        told = {name: {**status, "settings": {}} if status else None for name, status in made_up.items()}
        return scene.answers or {**told, "supervisor": {"settings": {}}}

    metrics = [{"service": name, "url": f"http://{HOST}:8061/metrics"} for name in SERVICES]
    access = Access(password.encode(), 3600.0)

    async def follow(told: Told) -> None:
        told(None, is_news=True)

    watch = Watch({"gateway": follow}, view)
    log, config = logging.getLogger(), Config()
    sources = Sources(
        watch,
        nothing,
        ask_of_child,
        scene.journal,
        metrics,
        access,
        log,
        scene.recordings,
        config,
        SettingsDesk(scene.config_file, (), log),
        ask_all,
    )
    listening = socket.create_server((HOST, 0))
    server = uvicorn.Server(
        uvicorn.Config(console_app(config, sources), log_level="critical", timeout_graceful_shutdown=0)
    )
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)


def take(address: str, folder: Path, pages: dict[str, str]) -> int:
    """Each page in both schemes and widths, into `folder`; 1 when a page complained or is wider than its window."""
    named = [f"{name}={path}" for name, path in pages.items()]
    return subprocess.run(["node", str(SCRIPT), address, str(folder), *named], timeout=300).returncode


def main() -> int:
    """Take all of them."""
    if len(sys.argv) != 2 or not shutil.which("chromium") or not shutil.which("node"):
        print("usage: python -m tests.e2e.console_screenshots FOLDER (chromium, node, playwright-core in $NODE_PATH)")
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        empty, full = Scene(Path(place) / "empty"), Scene(Path(place))
        fill(full)
        full.config_file.write_text('[llama]\ngreeting = "Smith and Daughters, how can I help you?"\n')
        with console(full) as address:
            bad = take(address, folder, PAGES)
        with console(full, is_struck=True) as address:
            bad |= take(address, folder, {"line-struck": "/"})
        with console(empty) as address:
            pages = {"calls-empty": "/calls", "health-empty": "/health", "settings-empty": "/settings"}
            bad |= take(address, folder, pages)
        full.config_file.write_text("[llama\n")
        with console(full) as address:
            bad |= take(address, folder, {"settings-broken": "/settings"})
        with console(full, password="a password") as address:
            bad |= take(address, folder, {"login": "/login"})
    return bad


if __name__ == "__main__":
    sys.exit(main())
