"""workers/heaps.py, in processes of their own: what glibc was told stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers.heaps import HEAPS_MAX

ROOT = Path(__file__).parents[3]
# Threads that all hold some memory at once; then how many heaps glibc says there are.
THREADS = f"""
import ctypes, sys, threading
sys.path.insert(0, {str(ROOT)!r})
from workers.heaps import share_few_heaps

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
print(share_few_heaps())
together = threading.Barrier(9)

def holds():
    libc.malloc(10_000)
    together.wait()
    together.wait()

threads = [threading.Thread(target=holds) for _ in range(8)]
for thread in threads:
    thread.start()
together.wait()
told = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
together.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="heaps of threads are glibc's")
@pytest.mark.parametrize("said", [None, "6"])
def test_threads_share_a_few_heaps_unless_told_otherwise(tmp_path: Path, said: str | None) -> None:
    told = tmp_path / "heaps.xml"
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    if said is not None:
        environment["MALLOC_ARENA_MAX"] = said
    command = [sys.executable, "-c", THREADS, str(told)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    heaps = told.read_text().count("<heap nr=")
    assert ran.stdout.strip() == str(said is None)
    assert heaps == (HEAPS_MAX if said is None else int(said))
