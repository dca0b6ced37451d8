"""The pages' files, and what a page is made of: read once, named by what is in them, asked for all at once.

A browser learns what a script imports when it has the script: a page four imports deep takes four round trips. So a page's
head names all of them (`modulepreload`), and what its script fetches first (`preload`). Browsers keep the files for good,
since their address changes with them.
"""

import functools
import hashlib
import mimetypes
import re
from html import escape
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

PLACE = "/static/"
KEPT_FOR_GOOD = "public, max-age=31536000, immutable"
VERSION_CHARS = 12
_IMPORT = re.compile(r'^import [^;]*? from "\./([\w.]+)";$', re.MULTILINE)
_HEAD_ENDS = "</head>"


async def static_file(request: Request) -> Response:
    """One of the files, under the version that they have now."""
    content = _files().get(request.path_params["name"])
    if content is None or request.path_params["version"] != version():
        return Response(status_code=404)
    media_type = mimetypes.guess_type(request.path_params["name"])[0]
    return Response(content, media_type=media_type, headers={"cache-control": KEPT_FOR_GOOD})


def address(name: str) -> str:
    """Where a file is."""
    return f"{PLACE}{version()}/{name}"


def html_page(name: str, script: str = "", fetched: str = "") -> str:
    """An HTML file with the addresses of what it needs.

    Args:
        name: of the file.
        script: of the page, asked for at once with all that it imports; "" where the file names its own.
        fetched: address of what the script fetches first; "" when there is none.
    """
    links = [f'<link rel="modulepreload" href="{address(one)}">' for one in _needed_by(script)]
    if fetched:
        links.append(f'<link rel="preload" as="fetch" crossorigin href="{escape(fetched)}">')
    text = _files()[name].decode().replace(f'"{PLACE}', f'"{address("")}')
    return text.replace(_HEAD_ENDS, "".join(f"{link}\n" for link in links) + _HEAD_ENDS)


@functools.cache
def version() -> str:
    """Of all files together."""
    whole = hashlib.sha256()
    for name, content in _files().items():
        whole.update(f"{name} {len(content)} ".encode() + content)
    return whole.hexdigest()[:VERSION_CHARS]


@functools.cache
def _files() -> dict[str, bytes]:
    """Names to what is in them, as it was at the first look."""
    folder = resources.files("steadyline.console") / "static"
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir(), key=lambda file: file.name)}


@functools.cache
def _needed_by(script: str) -> tuple[str, ...]:
    """A script and all that it imports, each once."""
    found = [script] if script else []
    for one in found:
        found += [name for name in _IMPORT.findall(_files()[one].decode()) if name not in found]
    return tuple(found)
