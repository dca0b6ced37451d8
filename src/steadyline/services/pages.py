"""Where the pages of what runs beside the services are."""

from steadyline.config import Config
from steadyline.services.status_client import side_status_ports

WEBPHONE_HOST = "127.0.0.1"
"""Browsers give a page the microphone on the loopback, and elsewhere only with a certificate."""


def console_page(config: Config) -> str:
    """The console's address."""
    host = config.console.host
    return f"http://{f'[{host}]' if ':' in host else host}:{config.console.port}"


def webphone_page(config: Config) -> str:
    """The address of the telephone in the browser, for browsers on this machine."""
    return f"http://{WEBPHONE_HOST}:{config.webphone.port}/"


def side_pages(config: Config) -> dict[str, str]:
    """What runs beside the services, to its page."""
    pages = {"webphone": webphone_page(config), "console": console_page(config)}
    return {name: pages[name] for name in side_status_ports(config)}
