"""Which calls are under way. What the journal lacks is an end, and that a gateway's crash leaves out, too."""

import asyncio
from collections.abc import Sequence

from steadyline.calls.records import CallRecord
from steadyline.config import Config
from steadyline.recorder.folders import call_folder, is_call_uuid, is_live
from steadyline.services.recording import recordings_directory
from steadyline.services.status_client import ask_status, operator_seal
from steadyline.wire.session import SessionTimes


def live_uuids(calls: Sequence[CallRecord], config: Config) -> set[str]:
    """Those of `calls` that the gateway has, or whose recording some process is writing: another gateway's call, say."""
    without_end = [call.call_uuid for call in calls if call.ended_at is None]
    if not without_end:
        return set()
    address = (config.network.host, config.gateway.status_port)
    status = asyncio.run(ask_status(address, SessionTimes(), operator_seal(config))) or {}
    at_the_gateway = {one.get("call_uuid") for one in status.get("calls", [])}
    directory = recordings_directory(config)
    return {
        uuid
        for uuid in without_end
        if uuid in at_the_gateway or (is_call_uuid(uuid) and is_live(call_folder(directory, uuid)))
    }
