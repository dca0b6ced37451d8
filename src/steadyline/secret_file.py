"""Files with a secret: the services' shared one, the console's password; their content is never shown."""

import stat
from pathlib import Path

from steadyline.errors import ConfigError

MIN_SECRET_BYTES = 16
MAX_SECRET_BYTES = 4096


def read_secret(name: str, key: str = "network.secret_file", min_bytes: int = MIN_SECRET_BYTES) -> bytes:
    """The secret in the file that a setting names, without white space around it; b"" for no name.

    Args:
        name: of the file.
        key: the setting, for errors.
        min_bytes: a shorter one is refused.

    Raises:
        ConfigError: no such file, not a plain file, readable by others, too short or too long; says what to do.
    """
    if not name:
        return b""
    path = Path(name).expanduser()
    where = f"{key}, {path}:"
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"{where} is no file")
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {error.strerror}") from error
    mode = stat.S_IMODE(status.st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{where} has mode {mode:04o}, so that others can get at it: chmod 600 {path}")
    secret = content.strip()
    if len(content) > MAX_SECRET_BYTES:
        raise ConfigError(f"{where} holds more than {MAX_SECRET_BYTES} bytes, which is no secret of ours")
    if len(secret) < min_bytes:
        raise ConfigError(
            f"{where} holds {len(secret)} bytes, expected at least {min_bytes}: "
            f"(umask 077; head -c 32 /dev/urandom | base64 > {path})"
        )
    return secret
