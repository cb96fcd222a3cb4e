"""`feedback` (docs/wire.md): whether a memory was of use. The one op on `query` that changes something."""

import time

from memory.records import Scope
from memory.store import MemoryStore
from memory.voting import voted
from memory.worth import worth
from schemas.replies import FeedbackReply
from schemas.requests import Feedback
from workers import deeds
from workers.auditing import Auditing
from workers.changing import Changing
from workers.named import named


class Rating:
    """Takes votes. They wait for the tenant's other changes, so that none brings back what was forgotten."""

    def __init__(self, store: MemoryStore, *, auditing: Auditing, changing: Changing) -> None:
        self._store = store
        self._auditing = auditing
        self._changing = changing

    async def rate(self, scope: Scope, client: str, request: Feedback) -> FeedbackReply:
        """Keeps a client's vote, and says what the memory counts as now.

        It waits for no flush: a vote may be lost in a power cut, and who asks may not make the disk work.

        Raises:
            NotFound: the memory is not in the scope.
            MemoryFault: a part is away.
        """
        async with self._changing.of(scope.tenant):
            memory = await named(self._store, scope, request.memory)
            after = voted(memory, client, useful=request.useful)
            await self._auditing.write(
                deeds.of_memories("rated", [memory], at=time.time(), tenant=scope.tenant, client=client)
            )
            if after is not memory:
                await self._store.revise([after])
        return FeedbackReply(op=request.op, memory=after.id, importance=worth(after))
