"""Every address of the console, in one table. Pages are one file that a script fills; what with is under /api."""

from starlette.routing import BaseRoute, Route

from steadyline.console import call_routes, line_routes, page_routes, recording_routes, settings_routes
from steadyline.console.static_files import PLACE, static_file

ROUTES: tuple[BaseRoute, ...] = (
    Route("/", page_routes.line_page),
    Route("/calls", page_routes.calls_page),
    Route("/calls/{call_uuid}", page_routes.call_page),
    Route("/health", page_routes.health_page),
    Route("/settings", page_routes.settings_page),
    Route("/login", page_routes.login_page),
    Route("/api/login", page_routes.log_in, methods=["POST"]),
    Route("/api/logout", page_routes.log_out, methods=["POST"]),
    Route("/api/line", line_routes.line_stream),
    Route("/api/services/{service}/{action}", line_routes.act, methods=["POST"]),
    Route("/api/calls", call_routes.calls),
    Route("/api/calls/{call_uuid}", call_routes.call),
    Route("/api/calls/{call_uuid}/call.json", call_routes.call_json),
    Route("/api/calls/{call_uuid}/call.txt", call_routes.call_txt),
    Route("/api/calls/{call_uuid}/call.wav", recording_routes.call_wav),
    Route("/api/calls/{call_uuid}/waveform", recording_routes.waveform),
    Route("/api/health", call_routes.health),
    Route("/api/settings", settings_routes.settings),
    Route("/api/settings", settings_routes.change_settings, methods=["POST"]),
    Route(PLACE + "{version}/{name}", static_file),
)
