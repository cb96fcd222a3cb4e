"""Which addresses are this machine's own, and nobody else's. Pure."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it: 127.0.0.0/8, ::1, or `localhost`. A name is never looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
