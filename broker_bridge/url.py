"""Where a broker is, and as whom: `mqtt://user:password@host:port?client_id=…`."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """A broker's address and the account to use there."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    client_id: str | None = None
    """The one that the account is bound to, where it is; whoever connects uses it."""

    @classmethod
    def parse(cls, url: str) -> Self:
        """Reads `mqtt://` or `mqtts://` with host, and optionally port, user, password and `?client_id=`.

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
            client_id=_client_id(parts.query),
        )

    def __str__(self) -> str:
        """Never with the password: this goes to logs and terminals."""
        return f"{self._scheme}://{self._place}"

    def spelled(self, *, password: str | None = None) -> str:
        """Whole, for whoever holds the account, as `parse` reads it; `password` in place of the real one."""
        account = ""
        if self.username is not None:
            secret = quote(self.password or "", safe="") if password is None else password
            account = f"{quote(self.username, safe='')}:{secret}@"
        query = "" if self.client_id is None else f"?{urlencode({'client_id': self.client_id})}"
        return f"{self._scheme}://{account}{self._place}{query}"

    @property
    def _scheme(self) -> str:
        return "mqtts" if self.tls else "mqtt"

    @property
    def _place(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def _client_id(query: str) -> str | None:
    """Raises ValueError for anything else in the query: a misspelt parameter must not be ignored."""
    given = parse_qsl(query, keep_blank_values=True)
    if any(name != "client_id" or not value for name, value in given) or len(given) > 1:
        raise ValueError("broker: a URL's one parameter is ?client_id=…, the client id to connect with")
    return given[0][1] if given else None


def _without_password(url: str) -> str:
    return url.rsplit("@", 1)[-1]
