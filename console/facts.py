"""Gathers what `membroker doctor` judges. Looks only: it opens no store that a service may hold."""

import json
import os
import shutil
import stat
import urllib.error
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import Any

from console.findings import DirectoryFacts, ModelFacts, StoreFacts
from memory import model, model_check
from memory.edge_place import EdgePlace, identity_of
from memory.errors import ModelError, StoreError
from workers.settings import EDGE, Settings
from workers.wiring import store_directory

SERVER_S_MAX = 5.0


def of_model(settings: Settings, *, deep: bool) -> ModelFacts:
    """Whether the model is whole; `deep` hashes it and embeds with it."""
    try:
        directory = model.model_dir(settings.model_cache, settings.model)
    except ModelError as fault:
        return ModelFacts(settings.model, str(settings.model_cache), ready=False, fault=fault)
    if not model.is_ready(directory):
        return ModelFacts(settings.model, str(directory), ready=False)
    manifest = model.read_manifest(directory)
    made = {"model": manifest.name, "precision": manifest.precision, "dimension": manifest.dimension}
    checks = model_check.check(directory) if deep else []
    proofs = [(each.what, each.passed, each.detail) for each in checks]
    return ModelFacts(settings.model, str(directory), ready=True, made=made, checks=proofs)


def of_directory(settings: Settings) -> DirectoryFacts:
    """Rights and room of the data directory, or of where it will be made."""
    directory = str(settings.data)
    there = _nearest(settings.data)
    if not there.is_dir():
        return DirectoryFacts(directory, fault=f"{there} is no directory")
    if not os.access(there, os.W_OK | os.X_OK):
        return DirectoryFacts(directory, fault=f"{there} is not writable for us")
    broker = settings.data / "broker"
    keys = sorted(settings.certificates.glob("**/*.key"))
    files = (broker / "accounts.json", broker / "dynamic-security.json", *keys)
    secrets = {str(file): stat.S_IMODE(file.stat().st_mode) for file in files if file.exists()}
    return DirectoryFacts(directory, free_bytes=shutil.disk_usage(there).free, secrets=secrets)


def of_store(settings: Settings) -> StoreFacts:
    """The store's identity, read beside whoever has it open."""
    return _of_edge(store_directory(settings)) if settings.store == EDGE else _of_server(settings)


def _of_edge(store: Path) -> StoreFacts:
    there = _nearest(store)
    if not os.access(there, os.W_OK | os.X_OK):
        return StoreFacts(str(store), fault=f"{there} is not writable for us")
    try:
        live = EdgePlace(store).live() if store.exists() else None
        made_with = None if live is None else asdict(identity_of(live))
    except StoreError as error:
        return StoreFacts(str(store), fault=error.message)
    except (OSError, ValueError, TypeError) as error:
        return StoreFacts(str(store), fault=f"identity.json cannot be read: {error}")
    return StoreFacts(str(store), made_with=made_with)


def _of_server(settings: Settings) -> StoreFacts:
    place = f"{settings.store}, collection {settings.collection}"
    try:
        answer = _get(f"{settings.store.rstrip('/')}/collections/{settings.collection}", settings)
    except urllib.error.HTTPError as error:
        fault = None if error.code == 404 else f"it answers {error.code} {error.reason}"
        return StoreFacts(place, fault=fault, is_server=True)
    except (OSError, ValueError) as error:
        return StoreFacts(place, fault=f"no answer: {error}", is_server=True)
    try:
        made_with = answer["result"]["config"]["metadata"]["membroker"]
    except (KeyError, TypeError):
        return StoreFacts(place, fault="it holds a collection that is not ours", is_server=True)
    return StoreFacts(place, made_with=made_with, is_server=True)


def _get(url: str, settings: Settings) -> Any:
    headers = {} if settings.store_api_key is None else {"api-key": settings.store_api_key}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the setting takes http(s) alone
    with urllib.request.urlopen(request, timeout=SERVER_S_MAX) as answer:  # noqa: S310 - the same
        return json.load(answer)


def _nearest(path: Path) -> Path:
    """The path, or what is there of it: where it would be made."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
