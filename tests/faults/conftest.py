"""What a memory whose parts fail stands on."""

from pathlib import Path

import pytest

from tests.conftest import Mosquitto, settings_on
from workers.settings import Settings


@pytest.fixture
def settings(own_mosquitto: Mosquitto, model_cache: Path, tmp_path: Path) -> Settings:
    """Of a memory on a broker that the test may kill."""
    return settings_on(own_mosquitto, model_cache, tmp_path / "data")
