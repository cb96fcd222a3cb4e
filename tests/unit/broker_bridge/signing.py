"""Who has signed what."""

from cryptography.exceptions import InvalidSignature

from broker_bridge.certificates import parse


def signed_by(pem: str, authority_pem: str) -> bool:
    """Whether an authority has signed a certificate."""
    try:
        parse(pem).verify_directly_issued_by(parse(authority_pem))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
