"""`steadyline call`: the test phone from the command line."""

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

from steadyline.config import Config
from steadyline.phone.arguments import options_from, sip_settings_from
from steadyline.phone.caller import DEFAULT_TARGET, CallOptions, place_call
from steadyline.phone.report import CallReport
from steadyline.sip import SipSettings
from steadyline.sip.addresses import reachable_host


def run_call(namespace: argparse.Namespace, config: Config) -> int:
    """Make the call and print its report; 0 when it was completed, else 1.

    Raises:
        AudioFileError, ConfigError: input that cannot be used.
    """
    options = options_from(namespace)
    if options.target == DEFAULT_TARGET:
        options = replace(
            options, target=f"sip:steadyline@{reachable_host(config.gateway.sip_host)}:{config.gateway.sip_port}"
        )
    if options.journal is None:
        options = replace(options, journal=Path(config.journal.path).expanduser())
    report = asyncio.run(_place(options, sip_settings_from(namespace)))
    print(json.dumps(report.as_dict(), ensure_ascii=False, indent=2) if namespace.json else report.dialogue())
    return 0 if report.ended == "completed" else 1


async def _place(options: CallOptions, sip: SipSettings) -> CallReport:
    task = asyncio.ensure_future(place_call(options, sip, lambda text: print(text, file=sys.stderr, flush=True)))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task
