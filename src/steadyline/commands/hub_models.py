"""What the configuration names of a model hub, downloaded before any service needs it."""

from collections.abc import Callable

from steadyline.config import Config
from steadyline.doctor.models import configured_models
from steadyline.models.hub import HUB_PREFIX
from steadyline.models.store import resolve
from steadyline.services.assembly import model_store


def fetch_hub_models(config: Config, progress: Callable[[str], None]) -> None:
    """Download them, the first time. A service that did it itself would say nothing meanwhile, and be killed as a frozen one.

    Raises:
        ModelError: a hub did not give it.
    """
    for key, spec, _ in configured_models(config):
        if spec.startswith(HUB_PREFIX):
            progress(f"{key}: {spec}")
            resolve(spec, model_store(config))
