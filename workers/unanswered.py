"""Why a request that could be read has no answer."""


class NotServed(Exception):
    """An op of the contract that this version does not serve yet."""


class NotFound(Exception):
    """None of the memories that were named is there."""


class Impossible(Exception):
    """A valid request that asks for what cannot be; the message names the field."""
