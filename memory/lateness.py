"""Which readings of an hour its summary does not count yet, once some that it counts are gone. Pure.

As long as all are there, it is made of all of them anew. Then those alone are added that came since: what it
counted of those that stayed is written down (`memory/ledger.py`). The time of receipt alone does not tell: a
reading may be stored after one that came later, and a repeat is counted in a reading that was there before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from memory.records import Memory, Sample

SETTLED_S = 86_400.0
"""What came before a summary that is older than that is in it, written down or not."""


def late(
    samples: Sequence[Sample],
    before: Memory | None,
    *,
    counted: Mapping[str, int],
    thinned: Collection[str],
    now: float,
) -> list[Sample] | None:
    """Those that a summary made before does not count; None: it is to be made of all of them.

    `counted` says of those that stayed how often each was said by then, `thinned` which are about to go.
    """
    if before is None or before.measured is None:
        return None
    settled = not counted or now - before.received > SETTLED_S
    found = []
    for each in samples:
        if each.id in counted:
            if each.seen > counted[each.id]:
                found.append(replace(each, seen=each.seen - counted[each.id], first=None))
        elif each.id not in thinned and not (settled and each.received <= before.received):
            found.append(each)
    there, late_count = (sum(each.seen for each in some) for some in (samples, found))
    return found if counted or there < before.measured.count + late_count else None
