"""`steadyline status`: the services, what is connected to what, the calls."""

import asyncio
import json

from steadyline.commands.status_table import table
from steadyline.config import Config
from steadyline.services.system_status import collect


def run_status(config: Config, *, as_json: bool) -> int:
    """Print the state of the system; 0 when every service that calls need answers and is ready, else 1."""
    overview = asyncio.run(collect(config))
    print(json.dumps(overview, ensure_ascii=False, indent=2) if as_json else table(overview))
    return 0 if all(service["state"] == "ready" or service["beside"] for service in overview["services"]) else 1
