"""Where the engines' tests find their models."""

from collections.abc import Callable
from pathlib import Path

import pytest

from steadyline.models.store import default_store, resolve_file

ModelPath = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def model_path() -> ModelPath:
    """The file with that suffix of a fetched model."""
    return lambda name, suffix: resolve_file(name, default_store(), suffix)
