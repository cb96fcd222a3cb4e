"""A whole memory on a broker with real accounts, and the administrator who adds more."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from broker_bridge.dynsec import Control
from broker_bridge.grants import AccountName, Grant, Kind
from broker_bridge.roster import Roster
from broker_bridge.url import BrokerUrl
from edge.client import connection
from tests.attacker import GRANTED, Attacker
from tests.conftest import free_port, on_a_loop_of_its_own
from workers.accounts import access_url, broker_url
from workers.settings import Settings


@dataclass(frozen=True, slots=True)
class Guarded:
    """What runs, and its accounts."""

    settings: Settings

    def url(self, account: str) -> BrokerUrl:
        """One of the accounts that are there from the start."""
        return broker_url(self.settings, account)

    def add(self, name: str, kind: Kind, *grants: tuple[str, str]) -> BrokerUrl:
        """A new account, as whom it connects: `("recall", "home7/#")` and the like are its grants."""

        async def run(roster: Roster) -> BrokerUrl:
            wanted = [Grant.parse(right, entity) for right, entity in grants]
            made = await roster.add(AccountName.parse(name), kind, wanted)
            return replace(
                self.url("access"), username=made.username, password=made.password, client_id=made.client_id
            )

        url: BrokerUrl = self.administer(run)
        return url

    def grant(self, name: str, *grants: tuple[str, str]) -> None:
        """All that an account may from now on."""
        wanted = [Grant.parse(right, entity) for right, entity in grants]
        self.administer(lambda roster: roster.set_grants(name, wanted))

    def administer(self, act: Any) -> Any:
        """Does something with the roster, on a connection of its own."""

        async def run() -> Any:
            async with connection(access_url(self.settings), "administrator") as client:
                return await act(Roster(await Control.over(client)))

        return asyncio.run(run())

    @contextmanager
    def client(self, name: str, kind: Kind, *grants: tuple[str, str]) -> Iterator[Attacker]:
        """A new account's connection, hearing what is meant for it."""
        url = self.add(name, kind, *grants)
        with Attacker.connected(url) as attacker:
            account = AccountName.parse(name)
            for verb in ("receipt", "reply"):
                reason = attacker.subscribe(f"mem/v1/{account.tenant}/{verb}/{account.client}/#")
                assert reason in (GRANTED, "Not authorized")
            yield attacker


@contextmanager
def guarded_memory(model_cache: Path, data: Path, **more: object) -> Iterator[Guarded]:
    """As `membroker up` starts it, on a loop of its own."""
    settings = Settings.model_validate(
        {"data": data, "port": free_port(), "model_cache": model_cache, "flush_wait_ms_max": 0, **more}
    )
    with on_a_loop_of_its_own(settings):
        yield Guarded(settings)
