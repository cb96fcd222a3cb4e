"""A check that notices what is wrong with a model."""

import os

import numpy as np
import pytest

from memory import model_check
from memory.model import DEFAULT_MODEL, fetch, is_ready, read_manifest
from memory.model_check import Checked, check
from tests.unit.memory.test_model import built, change_a_byte, quiet

__all__ = ["built"]


def test_check_names_the_files_that_changed_even_when_size_and_time_did_not(tmp_path, built) -> None:
    directory = fetch(tmp_path, DEFAULT_MODEL, quiet)
    seal = read_manifest(directory).files["model.onnx"]
    change_a_byte(directory)
    os.utime(directory / "model.onnx", ns=(seal.mtime_ns, seal.mtime_ns))
    assert is_ready(directory), "what start-up cannot see"
    assert check(directory) == [Checked("files", passed=False, detail="missing or changed: model.onnx")]


def test_check_of_nothing_and_of_what_does_not_load(tmp_path, built) -> None:
    [nothing] = check(tmp_path / "nowhere")
    assert (nothing.what, nothing.passed) == ("manifest", False)
    loads = check(fetch(tmp_path, DEFAULT_MODEL, quiet))[-1]
    assert (loads.what, loads.passed) == ("loads", False)


def vectors_with(cosines: dict[tuple[str, str], float]) -> dict[str, np.ndarray]:
    """Unit vectors with exactly these cosines between the two of a pair, and none between pairs."""
    texts = list(dict.fromkeys(text for pair in cosines for text in pair))
    gram = np.eye(len(texts))
    for (one, other), cosine in cosines.items():
        at = texts.index(one), texts.index(other)
        gram[at] = gram[at[::-1]] = cosine
    return dict(zip(texts, np.linalg.cholesky(gram), strict=True))


RIGHT = dict.fromkeys(model_check.SIMILAR, 0.5) | dict.fromkeys(model_check.DISSIMILAR, 0.05)
RIGHT |= {(one, other): cosine for one, other, cosine in model_check.KNOWN_COSINES}


@pytest.mark.parametrize(
    ("wrong", "failed"),
    [
        ({}, set()),
        ({model_check.SIMILAR[-1]: 0.39}, {"like sentences"}),
        ({model_check.DISSIMILAR[0]: 0.26}, {"unlike sentences"}),
        ({model_check.SIMILAR[0]: 0.70}, {"known cosines"}),
    ],
)
def test_check_fails_where_the_likeness_is_wrong(tmp_path, built, monkeypatch, wrong, failed) -> None:
    directory = fetch(tmp_path, DEFAULT_MODEL, quiet)
    monkeypatch.setattr(model_check, "_embed_known", lambda *_: vectors_with({**RIGHT, **wrong}))
    results = {checked.what: checked.passed for checked in check(directory)}
    assert {what for what, passed in results.items() if not passed} - {"dimension"} == failed
    assert results["dimension"] is False, "these vectors have not the model's dimension"
