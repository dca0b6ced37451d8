"""`python -m benchmarks.peer.llm_server`: our GGUF model behind llama.cpp's OpenAI-compatible port, for the peer.

Loaded by `LlamaCppModel`, so with the settings that our own service has. Prints one line of JSON with `url` and `key` when it
is ready; ends when its standard input is closed.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from steadyline.engines.llm_llamacpp import LlamaCppModel


class ServedModel(LlamaCppModel):
    """A model that others may ask over HTTP.

    Attributes:
        url: base URL of the OpenAI-compatible endpoints, on the loopback.
        key: what requests have to prove themselves with.
    """

    def _restrict(self, parameters: Any) -> None:
        super()._restrict(parameters)
        # A client keeps its connections open, and each holds a thread.
        parameters.n_threads_http = 4

    @property
    def url(self) -> str:
        return f"{self._running().listening_address}/v1"

    @property
    def key(self) -> str:
        return self._key


def main() -> None:
    """Serve until the standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("model", type=Path, help="the GGUF file")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--slots", type=int, required=True)
    parser.add_argument("--context-tokens", type=int, required=True, help="of each slot")
    arguments = parser.parse_args()
    model = ServedModel(
        arguments.model,
        slots=arguments.slots,
        context_tokens_per_slot=arguments.context_tokens,
        threads=arguments.threads,
    )
    print(json.dumps({"url": model.url, "key": model.key}), flush=True)
    sys.stdin.read()
    model.close()


if __name__ == "__main__":
    main()
