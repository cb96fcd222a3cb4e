"""The policies in force: a file's, followed while it changes; what is wrong in it changes nothing.

The file is looked at every few seconds, not at a signal: a signal does not say whether what it brought was
right, and does not cross into a container; and a mounted file system tells nobody of its changes.
"""

import asyncio
import logging
from pathlib import Path

from memory.conditions import READING
from memory.policies import KEEP_ALL, NO_FILE, KindPolicy, Policies, PortionRules, TenantPolicy
from memory.portions import Portion
from memory.records import Memory
from memory.repeats import Rule
from workers import policy_text
from workers.policy_text import PolicyFault
from workers.report import Report

LOOK_S = 2.0
"""Between two looks at the file: one `stat`."""

RULES_MAX = 10_000
"""Of kinds and attributes that senders chose: made once, for ten thousands of repeats a second."""

log = logging.getLogger(__name__)

_Stamp = tuple[int, int, int]
"""What tells two versions of a file apart: which file it is, when it was written, how long it is."""


class LivePolicies:
    """What holds now, for all services of a process."""

    def __init__(self, file: Path | None) -> None:
        """Without a file what is built in holds, for ever."""
        self._file = file
        self._stamp: _Stamp | None = None
        self.in_force = NO_FILE if file is None else KEEP_ALL
        self._rules: dict[tuple[str, str, str | None], Rule] = {}
        self.fault: str | None = None
        """What is wrong in the file, and what holds meanwhile."""
        self.look()

    def of_kind(self, tenant: str, kind: str) -> KindPolicy:
        """What holds now for a kind of a tenant."""
        return self.in_force.of_kind(tenant, kind)

    def of_tenant(self, tenant: str) -> TenantPolicy:
        """What holds now for a tenant as a whole."""
        return self.in_force.of_tenant(tenant)

    def rule_of(self, memory: Memory) -> Rule:
        """How repeats of a memory are told."""
        of = memory.tenant, memory.kind, memory.attribute
        if (rule := self._rules.get(of)) is None:
            of_kind = self.of_kind(memory.tenant, memory.kind)
            deadband = self.of_tenant(memory.tenant).deadband.get(memory.attribute or "", 0.0)
            if len(self._rules) >= RULES_MAX:
                self._rules.clear()
            self._rules[of] = rule = Rule(of_kind.merge, deadband, of_kind.ignore_numbers)
        return rule

    def rules_of(self, portion: Portion) -> PortionRules:
        """How a portion is condensed."""
        of_kind = self.of_kind(portion.tenant, READING)
        thresholds = self.of_tenant(portion.tenant).thresholds.get(portion.attribute or "", ())
        return PortionRules(thresholds, of_kind.per_hour_max, of_kind.keep_raw_if_importance)

    async def run(self, report: Report) -> None:
        """Follows the file, and says what is wrong in it; runs until cancelled. Services may share one."""
        while True:
            report("policies", self.fault)
            await asyncio.sleep(LOOK_S)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Takes what the file says, if it is another than at the last look and right."""
        if self._file is None:
            return
        try:
            stamp = _stamp(self._file)
            if stamp == self._stamp:
                return
            policies = load(self._file)
        except PolicyFault as fault:
            self._keep(fault)
        except OSError as error:
            self._stamp = None  # as soon as it is there again, it is read again
            self._keep(PolicyFault(f"{self._file} cannot be read: {error.strerror}"))
            return
        else:
            self.in_force, self.fault = policies, None
            self._rules = {}
            log.info("policies of %s hold now", self._file, extra={"action": "policies"})
        self._stamp = stamp

    def _keep(self, fault: PolicyFault) -> None:
        held = "nothing is removed" if self.in_force is KEEP_ALL else "what it said before holds"
        said = f"{fault}. Until it is mended {held}"
        if said != self.fault:
            log.error("%s", said, extra={"action": "policies"})
        self.fault = said


def load(file: Path) -> Policies:
    """The policies in a file.

    Raises:
        PolicyFault: they cannot be; says where and why.
        OSError: it cannot be read.
    """
    # One byte more than may be: enough to see that it is too much.
    with file.open("rb") as opened:
        content = opened.read(policy_text.BYTES_MAX + 1)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyFault(f"{file.name}:{line}: is not UTF-8") from None
    return policy_text.read(text, file.name)


def _stamp(file: Path) -> _Stamp:
    status = file.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size
