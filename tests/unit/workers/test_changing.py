"""workers/changing.py"""

import gc

from workers.changing import Changing


async def test_a_tenant_has_one_lock_for_as_long_as_somebody_has_it_and_no_other_has_that() -> None:
    changing = Changing()
    async with changing.of("acme"):
        assert changing.of("acme").locked()
        assert not changing.of("other").locked()
    gc.collect()
    assert not changing._locks
