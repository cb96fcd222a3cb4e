"""Makes a generation of an embedded store, and opens one as what it was made with allows."""

from dataclasses import replace
from pathlib import Path

import qdrant_edge as edge

from memory.edge_faults import HINT, closed_on_failure
from memory.edge_place import EdgePlace, identity_of, make_whole, shard_of
from memory.edge_points import create_shard, index, load_shard, make_room_for_words
from memory.errors import StoreFailed
from memory.records import Identity
from memory.store import check_kin


def make(place: EdgePlace, identity: Identity) -> Path:
    """An empty generation; not in use before it is switched to."""
    generation = place.new()
    create_shard(str(shard_of(generation)), identity.dimension).close()
    make_whole(generation, identity)
    return generation


def load(generation: Path, identity: Identity) -> edge.EdgeShard:
    """Its shard, with room for what this identity keeps. Raises StoreMismatch as `open` does."""
    kept = made_with(generation)
    check_kin(f"the store in {generation.parent}", kept, identity)
    shard = load_shard(str(shard_of(generation)), kept.dimension)
    with closed_on_failure(shard):
        index(shard)
        if kept.language != identity.language:
            # First said, then done: from here on words of another language may stand beside those there are.
            make_whole(generation, replace(kept, language=None))
            make_room_for_words(shard)
    return shard


def made_with(generation: Path) -> Identity:
    """Raises StoreFailed where it does not say."""
    try:
        return identity_of(generation)
    except (ValueError, TypeError) as error:
        raise StoreFailed(f"{generation} does not say what it was made with: {error}", hint=HINT) from error
