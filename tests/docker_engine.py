"""Whether containers can be started here."""

import gc
import warnings
from contextlib import closing

NO_ENGINE = "no Docker engine answers here; start one, or set DOCKER_HOST to one"


def docker_answers() -> bool:
    """Whether an engine answers; without one, the tests that need it are skipped and say so."""
    import docker  # noqa: PLC0415 - containers alone need it

    with warnings.catch_warnings():
        # Refused, the client leaves its socket to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            with closing(docker.from_env()) as engine:
                return bool(engine.ping())
        except docker.errors.DockerException:
            return False
        finally:
            gc.collect()
