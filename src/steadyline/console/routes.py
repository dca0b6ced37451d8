"""Every address of the console, in one table. Pages are one file that a script fills; what it fills them with is under /api."""

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from steadyline.console import call_routes, line_routes, page_routes, recording_routes, settings_routes

ROUTES: tuple[BaseRoute, ...] = (
    Route("/", page_routes.page),
    Route("/calls", page_routes.page),
    Route("/calls/{call_uuid}", page_routes.page),
    Route("/health", page_routes.page),
    Route("/settings", page_routes.page),
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
    Mount("/static", StaticFiles(packages=[("steadyline.console", "static")])),
)
