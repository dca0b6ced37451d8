"""The table of models is whole and consistent."""

import re

import pytest

from steadyline.errors import ModelError
from steadyline.models.registry import DEFAULT_MODELS, MODELS, find


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_every_file_can_be_made_and_checked(model) -> None:
    assert model.files and model.licence and model.provenance
    assert len({file.name for file in model.files}) == len(model.files)
    for file in model.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.size_bytes > 0 and file.parts
        assert "/" not in file.name and not file.name.startswith(".")


def test_default_models_are_known_and_cover_listening_thinking_and_speaking() -> None:
    assert {MODELS[name].kind for name in DEFAULT_MODELS} == {"stt", "llm", "tts"}


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"'whisper-bass'.*whisper-base"):
        find("whisper-bass")
