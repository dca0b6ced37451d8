"""A third-party softphone as the caller: Debian's baresip 1.0 with a WAV as its microphone.

It shares no code with the user agent under test (that is baresip 4.10 inside a Python binding), needs no sound card, and
leaves what it heard in a file. Needs the Debian packages `baresip-core` and `sox`, and `openssl` for TLS.
"""

import json
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# SDP name → what baresip calls it, and the format that its microphone file must have.
CODECS = {
    "PCMU": ("PCMU/8000/1", 8000, 1),
    "PCMA": ("PCMA/8000/1", 8000, 1),
    "G722": ("G722/16000/1", 16000, 1),
    "opus": ("opus/48000/2", 48000, 2),
}

_CONFIG = """\
poll_method epoll
sip_listen {host}:{port}
sip_cafile {authorities}
call_local_timeout 120
call_max_calls 4
audio_source aufile,{directory}/microphone.wav
audio_player aubridge,sink{port}
audio_alert aubridge,alert{port}
audio_level no
audio_txmode thread
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 20-160
rtp_ports {rtp_first}-{rtp_last}
rtp_stats yes
rtcp_mux no
jitter_buffer_delay 5-10
rtp_timeout 60
net_interface {host}
module_path {modules}
module stdio.so
module g711.so
module g722.so
module opus.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {host}:{control_port}
snd_path {directory}
"""


@dataclass(frozen=True)
class PhoneCall:
    """What is left of a call: what was heard, one file for each (re-)INVITE, and what baresip printed."""

    heard_parts: tuple[Path, ...]
    log: str

    @property
    def established(self) -> bool:
        return "Call established" in self.log

    @property
    def heard_wav(self) -> Path:
        """The recording of what the phone heard (S16 at the codec's rate); of several parts, the last."""
        assert self.heard_parts, f"the softphone heard nothing; it said:\n{self.log}"
        return self.heard_parts[-1]


class Softphone:
    """One phone; it takes the ports `port` to `port + 2` and ten from `rtp_base` (even) on, and one call at a time."""

    def __init__(self, directory: Path, port: int, rtp_base: int, host: str = "127.0.0.1") -> None:
        self._directory = directory.resolve()
        self._port, self._rtp_base, self._host = port, rtp_base, host
        self._process: subprocess.Popen[bytes] | None = None

    def call(
        self,
        uri: str,
        microphone_wav: Path,
        seconds: float,
        codec: str = "PCMU",
        transport: str = "udp",
        srtp: str = "",
        certificate: Path | None = None,
    ) -> PhoneCall:
        """Dial, speak the file, hang up after `seconds`."""
        self.start(uri, microphone_wav, seconds, codec, transport, srtp, certificate)
        return self.finish(seconds + 10)

    def start(
        self,
        uri: str,
        microphone_wav: Path,
        seconds: float,
        codec: str = "PCMU",
        transport: str = "udp",
        srtp: str = "",
        certificate: Path | None = None,
        caller: str = "caller",
    ) -> None:
        """Dial and return at once.

        Args:
            uri: whom to dial, without a transport parameter.
            microphone_wav: any format that sox reads; silence follows its end.
            seconds: the phone leaves after so long, counted from its start.
            codec: the codecs to offer, of PCMU, PCMA, G722 and opus, separated by commas; the first one's rate is spoken.
            transport: "udp", "tcp" or "tls".
            srtp: "", or baresip's "srtp" (RTP/AVP with keys), "srtp-mand" (keys required), "srtp-mandf" (RTP/SAVP).
            certificate: for "tls", the PEM to trust.
            caller: the user part of the phone's own address.
        """
        names = codec.split(",")
        self._prepare(microphone_wav, seconds, names[0], certificate)
        account = f"<sip:{caller}@{self._host}:{self._port};transport={transport}>;regint=0;ptime=20"
        account += ";audio_codecs=" + ",".join(CODECS[name][0] for name in names)
        account += f";mediaenc={srtp}" if srtp else ""
        (self._directory / "accounts").write_text(account + "\n")
        target = uri if transport == "udp" else f"{uri};transport={transport}"
        command = ["baresip", "-f", str(self._directory), "-t", str(round(seconds)), "-e", f"/dial {target}"]
        with (self._directory / "baresip.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def _prepare(self, microphone_wav: Path, seconds: float, codec: str, certificate: Path | None) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        for old in self._directory.glob("dump-*.wav"):
            old.unlink()
        _, rate_hz, channels = CODECS[codec]
        out = self._directory / "microphone.wav"
        # The end of the file hangs up, so silence is put behind it.
        convert = ["sox", str(microphone_wav), "-b", "16", "-r", str(rate_hz), "-c", str(channels), str(out)]
        subprocess.run([*convert, "pad", "0", str(seconds + 5)], check=True)
        config = _CONFIG.format(
            host=self._host,
            port=self._port,
            control_port=self._port + 2,
            authorities=certificate or "/etc/ssl/certs/ca-certificates.crt",
            directory=self._directory,
            rtp_first=self._rtp_base,
            rtp_last=self._rtp_base + 9,
            modules="/usr/lib/baresip/modules",
        )
        (self._directory / "config").write_text(config)
        (self._directory / "contacts").write_text("")

    def command(self, name: str, parameters: str = "") -> None:
        """A command of baresip's menu, such as "hold", "resume" or "hangup", through its control port."""
        body = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        with socket.create_connection((self._host, self._port + 2), timeout=5) as control:
            control.sendall(b"%d:%s," % (len(body), body))
            control.recv(4096)

    def press(self, digits: str, gap_s: float = 0.25) -> None:
        """Press the keys of `digits` one after another."""
        for digit in digits:
            self.command("sndcode", digit)
            time.sleep(gap_s)

    def wait_established(self, timeout_s: float = 10.0) -> None:
        self.wait_for_log("Call established", timeout_s)

    def wait_for_log(self, text: str, timeout_s: float = 10.0) -> None:
        """Wait until baresip has printed `text`."""
        deadline = time.monotonic() + timeout_s
        while text not in self.log:
            assert time.monotonic() < deadline, f"the softphone did not print {text!r} but:\n{self.log}"
            time.sleep(0.05)

    @property
    def log(self) -> str:
        path = self._directory / "baresip.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def finish(self, timeout_s: float) -> PhoneCall:
        """Wait for the phone to leave; it is ended if it does not."""
        assert self._process is not None, "no call was started"
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None
        return PhoneCall(tuple(sorted(self._directory.glob("dump-*-dec.wav"))), self.log)

    def kill(self) -> None:
        """The phone vanishes without a BYE."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def write_tone(path: Path, hz: float, seconds: float) -> Path:
    """A sine of a third of full scale, 48 kHz mono."""
    synth: list[Any] = ["synth", seconds, "sine", hz, "vol", 0.33]
    subprocess.run(["sox", "-n", "-r", "48000", "-c", "1", "-b", "16", str(path), *map(str, synth)], check=True)
    return path


def write_certificate(path: Path, host: str = "127.0.0.1") -> Path:
    """A self-signed certificate for `host` with its key, in one PEM file as SIP over TLS needs it."""
    key, certificate = path.with_suffix(".key"), path.with_suffix(".crt")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={host}"]
    names = ["-addext", f"subjectAltName=IP:{host}"]
    subprocess.run(
        [*request, *names, "-keyout", str(key), "-out", str(certificate)], check=True, stderr=subprocess.DEVNULL
    )
    path.write_bytes(key.read_bytes() + certificate.read_bytes())
    return path
