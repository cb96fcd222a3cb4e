"""Whether two paths of entities can speak of the same one: `home7/_all` tells of `home7/ana`. Pure."""

from broker_bridge.topics import ALL_BELOW


def path_of(entity: str, *, below: bool) -> str:
    """Of an entity; `below`: of it and all below it."""
    return f"{entity}/{ALL_BELOW}" if below else entity


def overlap(one: str, other: str) -> bool:
    """Whether anybody is in both; a path that ends in `_all` means what is above that, and all below it."""
    return _holds(one, root(other)) or _holds(other, root(one))


def root(path: str) -> str:
    """Without `_all`."""
    return path.removesuffix(f"/{ALL_BELOW}")


def _holds(path: str, entity: str) -> bool:
    top = root(path)
    return entity == top or (path != top and entity.startswith(f"{top}/"))
