"""The weather that `membroker demo` replays: two files of a PyPI wheel, verified, and kept in the cache."""

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from memory.errors import MemoryFault
from memory.weights import sha256_of, take_from_wheel, verify

WHEEL = "vega_datasets==0.9.0"
WHEEL_MB = 0.2
DAYS = "seattle-weather.csv"
HOURS = "seattle-temps.csv"
SHA256 = {
    DAYS: "62f0609f787158128aa2bd102967173a4953122dd4f872bf1d502cae1037df0b",
    HOURS: "c220666521ff4bec4ffb6f0d9acfdc5c1056564b1aad6f78d3b06aa0a0c8b085",
}


class DatasetMissing(MemoryFault):
    """The weather could not be fetched."""


def fetch(directory: Path, say: Callable[[str], None]) -> dict[str, str]:
    """The files' contents by name; downloaded into `directory` unless they are there.

    Raises:
        DatasetMissing: PyPI is out of reach, or has other bytes; says what to do.
    """
    try:
        if not all(_is_whole(directory / name, sha256) for name, sha256 in SHA256.items()):
            _fetch_into(directory, say)
        return {name: (directory / name).read_text() for name in SHA256}
    except (OSError, ValueError, StopIteration, zipfile.BadZipFile, MemoryFault) as fault:
        what = fault.message if isinstance(fault, MemoryFault) else str(fault) or type(fault).__name__
        raise DatasetMissing(
            f"the weather to replay could not be fetched ({WHEEL}: {what})",
            hint=f"Give this machine a way to PyPI and try again, or copy {directory} from one that has it",
        ) from fault


def _fetch_into(directory: Path, say: Callable[[str], None]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    # Beside their place, so that renaming is atomic: a demo that was interrupted leaves no half a file.
    with tempfile.TemporaryDirectory(prefix=".part-", dir=directory) as work:
        for name, path in take_from_wheel(WHEEL, WHEEL_MB, tuple(SHA256), Path(work), say).items():
            verify(path, SHA256[name])
            path.replace(directory / name)


def _is_whole(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
