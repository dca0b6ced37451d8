"""The recorder that the configuration asks for, and where recordings lie."""

from collections.abc import Callable
from pathlib import Path

from steadyline.config import Config
from steadyline.link.runtime import Runtime
from steadyline.recorder.folders import RecordingError
from steadyline.recorder.recorder import Recorder, What
from steadyline.recorder.retention import Bounds, keep_within
from steadyline.recorder.writing import Writing
from steadyline.services.origin import service_origin

KEEPER = "gateway"
"""The service that deletes what is too old or too much."""
FOLDER = "recordings"


def recordings_directory(config: Config) -> Path:
    """`recorder.directory`, else a folder beside the journal."""
    if config.recorder.directory:
        return Path(config.recorder.directory).expanduser()
    return Path(config.journal.path).expanduser().parent / FOLDER


def what_is_recorded(config: Config) -> What | None:
    """None: nothing. Neither sound nor words are kept of callers whose words are not kept in the journal either."""
    if not config.recorder.enabled:
        return None
    is_kept = config.journal.store_text
    return What(config.recorder.audio and is_kept, config.recorder.bodies and is_kept, config.recorder.sip)


def call_recorder(name: str, config: Config, runtime: Runtime) -> Recorder:
    """A service's recorder. Where nothing is recorded, only that of the keeper has a thread: what is there still expires."""
    chore, what = _retention(config, runtime) if name == KEEPER else None, what_is_recorded(config)
    if what is None and chore is None:
        return Recorder()
    writing = Writing(runtime.log, runtime.metrics.recordings_dropped.inc, chore=chore)
    clock, directory = runtime.clock, recordings_directory(config)
    return Recorder(name, runtime.epoch, directory, clock.wall, writing, what, service_origin(name, config))


def _retention(config: Config, runtime: Runtime) -> Callable[[], None]:
    bounds = Bounds(config.recorder.keep_days, config.recorder.keep_mb)
    directory = recordings_directory(config)

    def keep() -> None:
        try:
            gone = keep_within(directory, bounds, runtime.clock.wall())
        except RecordingError as error:
            runtime.log.warning("%s", error)
            return
        if gone:
            runtime.log.info("%d recordings are deleted: recorder.keep_days or recorder.keep_mb", len(gone))

    return keep
