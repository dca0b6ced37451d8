"""What a replay runs on that the recorded call did not. Pure."""

from steadyline.recorder.format import Origin

SECTIONS = ("gateway", "inbound", "barge_in", "whisper", "llama", "tts", "piper", "kokoro", "outbound", "engines")
"""Of the configuration: those that a replay depends on. It has no telephone, no ports, no journal of its own and no standby."""


def changes(recorded: Origin, present: Origin) -> list[str]:
    """A line for each model that is another, and one for the configuration, for people; none when all is as it was.

    What a recording does not tell is not compared.
    """
    lines = [
        f"{name} was {was}, is {present.models.get(name, 'not used')}"
        for name, was in sorted(recorded.models.items())
        if present.models.get(name) != was and not name.startswith("standby.")
    ]
    lines += [
        f"{name} is {found}, was not used"
        for name, found in sorted(present.models.items())
        if recorded.models and name not in recorded.models
    ]
    others = [
        name for name in SECTIONS if name in recorded.settings and recorded.settings[name] != present.settings.get(name)
    ]
    if others:
        lines.append(f"the configuration differs in {', '.join(f'[{name}]' for name in others)}")
    return lines
