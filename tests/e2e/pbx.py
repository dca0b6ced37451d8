"""A small PBX: Debian's Kamailio 5.6 as registrar with digest authentication, routing calls to who is registered."""

import os
import signal
import subprocess
import time
from pathlib import Path

REALM = "test"
PASSWORD = "secret"

_MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules/"

_CONFIG = """\
#!KAMAILIO
debug=2
log_stderror=yes
children=1
tcp_children=1
fork=yes
auto_aliases=no
listen=udp:{host}:{port}
listen=tcp:{host}:{port}
mpath="{modules}"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 3600)
modparam("registrar", "min_expires", 1)
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
    sl_send_reply("404", "Not here"); exit;
  }}
  if (is_method("OPTIONS")) {{ sl_send_reply("200", "OK"); exit; }}
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("{realm}", "{password}", "0")) {{ www_challenge("{realm}", "1"); exit; }}
    consume_credentials();
    if (save("location")) {{ xlog("L_WARN", "REGISTERED $tU expires=$(ct{{tobody.params}}{{param.value,expires}})\\n"); }}
    exit;
  }}
  if (!is_method("INVITE")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
  record_route();
  if (!lookup("location")) {{ sl_send_reply("480", "Not registered"); exit; }}
  t_relay();
}}
"""


class Pbx:
    """Kamailio on UDP and TCP `port`; every user's password is `PASSWORD`. Registrations do not survive a restart."""

    def __init__(self, directory: Path, port: int, host: str = "127.0.0.1") -> None:
        self.address = f"{host}:{port}"
        self._config = directory / "kamailio.cfg"
        self._log = directory / "kamailio.log"
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        text = _CONFIG.format(host=host, port=port, modules=_MODULES, realm=REALM, password=PASSWORD)
        self._config.write_text(text)

    def start(self) -> None:
        """Start it; returns when it answers. Restarting it is `stop` and `start`."""
        runtime = self._config.parent
        # -Y: its runtime directory, so that two of them do not meet in the same control socket.
        command = ["kamailio", "-DD", "-E", "-f", str(self._config), "-Y", str(runtime), "-m", "16", "-M", "4"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < deadline and self._process.poll() is None, self.log
            time.sleep(0.05)

    def _answers(self) -> bool:
        """Whether an OPTIONS is answered."""
        import socket

        host, _, port = self.address.partition(":")
        request = (
            f"OPTIONS sip:{self.address} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:9;branch=z9hG4bK{time.monotonic_ns()};rport\r\n"
            f"From: <sip:probe@{host}>;tag=1\r\nTo: <sip:{self.address}>\r\nCall-ID: {time.monotonic_ns()}\r\n"
            "CSeq: 1 OPTIONS\r\nMax-Forwards: 5\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            try:
                probe.sendto(request.encode(), (host, int(port)))
                return probe.recv(2048).startswith(b"SIP/2.0 200")
            except OSError:
                return False

    def wait_for_log(self, text: str, timeout_s: float = 10.0) -> None:
        """Wait until it has logged `text` since its last start."""
        deadline = time.monotonic() + timeout_s
        while text not in self._log.read_text(errors="replace"):
            assert time.monotonic() < deadline, f"kamailio did not log {text!r} but:\n{self.log}"
            time.sleep(0.05)

    def wait_registered(self, user: str, timeout_s: float = 40.0) -> None:
        """Wait until that user has registered since the last start."""
        self.wait_for_log(f"REGISTERED {user} ", timeout_s)

    def stop(self) -> None:
        """Kill it at once, its child processes too: nobody is told."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""
