"""Where a broker is: `mqtt://user:password@host:port`."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """A broker's address and the account to use there."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> Self:
        """Reads `mqtt://` or `mqtts://` with host, and optionally port, user and password.

        Raises:
            ValueError: says what a broker's URL looks like.
        """
        wrong = f"broker: {_without_password(url)!r} must be like mqtt://127.0.0.1:1883 or mqtts://host"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:  # whose text would quote the URL, and a password with `/` in it as its port
            raise ValueError(wrong) from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(wrong)
        return cls(
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=parts.scheme == "mqtts",
        )

    def __str__(self) -> str:
        """Never with the password: this goes to logs and terminals."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


def _without_password(url: str) -> str:
    return url.rsplit("@", 1)[-1]
