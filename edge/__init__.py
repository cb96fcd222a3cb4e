"""What runs on a device or kiosk: light, and nothing of the workers. Each name is loaded when it is used."""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.async_device import AsyncDevice
    from edge.batching import Limits
    from edge.clock import Clock
    from edge.coalesce_rules import Coalesce, counted, spread
    from edge.device import Device
    from edge.noting import Fate
    from edge.options import Notice, Options
    from edge.reading_rules import Rule

__all__ = [
    "AsyncDevice", "Clock", "Coalesce", "Device", "Fate", "Limits", "Notice", "Options", "Rule", "counted",
    "spread",
]  # fmt: skip

_MODULES = {
    "AsyncDevice": "async_device", "Clock": "clock", "Coalesce": "coalesce_rules", "Device": "device",
    "Fate": "noting", "Limits": "batching", "Notice": "options", "Options": "options",
    "Rule": "reading_rules", "counted": "coalesce_rules", "spread": "coalesce_rules",
}  # fmt: skip


# A library says nothing where nobody set up logging.
logging.getLogger("edge").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    """A sensor has no room for what it does not use: asyncio is 4 MB, pydantic with our models 13."""
    if name not in _MODULES:
        raise AttributeError(f"edge has no {name}")
    return getattr(import_module(f"edge.{_MODULES[name]}"), name)
