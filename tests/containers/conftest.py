"""What containers need: an engine that starts them. Without one these tests are skipped, and say why."""

import subprocess

import pytest

from tests.docker_engine import NO_ENGINE, docker_answers


@pytest.fixture(scope="session")
def docker_engine() -> None:
    """Skips where no container can be started."""
    if not docker_answers():
        pytest.skip(NO_ENGINE)


@pytest.fixture(scope="session")
def docker_compose(docker_engine: None) -> None:
    """Skips where no stack can be started."""
    found = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if found.returncode != 0:
        pytest.skip(
            "docker has no compose command here; install Debian's docker-compose-v2 or docker-compose-plugin"
        )
