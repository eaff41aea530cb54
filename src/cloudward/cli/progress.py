"""What a scan does right now, on stderr: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cloudward.cli.output import counted, note
from cloudward.respond.text import visible

if TYPE_CHECKING:
    from rich.progress import TaskID

    from cloudward.connect import Unit


class Lines(AbstractContextManager["Lines"]):
    """A line for each part of a service in which there was something, or which broke. Of many accounts it is
    a line for each account, when it is read, and one for each part that broke."""

    def __init__(self) -> None:
        self.left: Counter[str] = Counter()
        self.accounts = 0
        self.inside: Counter[str] = Counter()

    def begun(self, units: Sequence[Unit], done: int) -> None:
        self.count(units)
        again = f", {done:,} of them read before" if done else ""
        where = f" of {counted(self.accounts, 'account')}" if self.accounts > 1 else ""
        note(f"reading {counted(len(units) + done, 'part')}{where}{again}")

    def started(self, unit: Unit) -> None: ...

    def counted(self, unit: Unit, resources: int) -> None: ...

    def ended(self, unit: Unit, resources: int, error: str | None) -> None:
        self.end(unit, resources)
        if self.accounts > 1:
            if error:
                note(f"{named(unit)} in {unit.scope.name or unit.scope.id} broke: {error}")
            if not self.left[unit.scope.id]:
                found = counted(self.inside[unit.scope.id], "resource")
                note(f"{unit.scope.name or unit.scope.id}: {found}")
        elif resources or error:
            problem = f", then it broke: {error}" if error else ""
            note(f"{named(unit)}: {counted(resources, 'resource')}{problem}")

    def count(self, units: Sequence[Unit]) -> None:
        """How many parts each account has."""
        self.left = Counter(unit.scope.id for unit in units)
        self.accounts = len(self.left)

    def end(self, unit: Unit, resources: int) -> None:
        """One part fewer is left of the account."""
        self.left[unit.scope.id] -= 1
        self.inside[unit.scope.id] += resources

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Bars(Lines):
    """One bar for the whole, and under it a line for each service that has begun."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.bars = Progress(
            TextColumn("{task.description:<20}", markup=False),
            BarColumn(20),
            TextColumn("{task.fields[state]}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True, markup=False, emoji=False, highlight=False),
            transient=True,
        )
        self.whole = self.bars.add_task("Reading", total=None, state="")
        self.units = self.ended_units = 0
        self.tasks: dict[str, TaskID] = {}
        self.running: Counter[str] = Counter()
        self.found: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def begun(self, units: Sequence[Unit], done: int) -> None:
        self.count(units)
        self.units, self.ended_units = len(units) + done, done
        self._show_whole()

    def started(self, unit: Unit) -> None:
        service = unit.service
        if service not in self.tasks:
            self.tasks[service] = self.bars.add_task(visible(shown(service)), total=None, state="")
        self.running[service] += 1
        self.bars.update(self.tasks[service], visible=True)

    def counted(self, unit: Unit, resources: int) -> None:
        self._show(unit.service, self.found[unit.service] + resources)

    def ended(self, unit: Unit, resources: int, error: str | None) -> None:
        service = unit.service
        self.end(unit, resources)
        self.found[service] += resources
        self.running[service] -= 1
        self._show(service, self.found[service])
        if not self.running[service]:
            self.bars.update(self.tasks[service], visible=False)
        self.ended_units += 1
        self._show_whole()
        if error:
            where = f" in {unit.scope.name or unit.scope.id}" if self.accounts > 1 else ""
            self.bars.console.print(visible(f"{named(unit)}{where} broke: {error}"))

    def _show(self, service: str, resources: int) -> None:
        self.bars.update(self.tasks[service], state=counted(resources, "resource"))

    def _show_whole(self) -> None:
        read = sum(not left for left in self.left.values())
        title = f"{read:,} of {self.accounts:,} accounts" if self.accounts > 1 else "Reading"
        self.bars.update(
            self.whole,
            description=title,
            total=self.units,
            completed=self.ended_units,
            state=self._state(),
        )

    def _state(self) -> str:
        return f"{self.ended_units:,}/{self.units:,}  {counted(sum(self.found.values()), 'resource')}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()


def progress() -> Lines:
    """As fits where stderr goes."""
    return Bars() if sys.stderr.isatty() else Lines()


def named(unit: Unit) -> str:
    """Service and place of a unit: `ec2 eu-west-1`."""
    return f"{shown(unit.service)} {unit.region}" if unit.region else shown(unit.service)


def shown(service: str) -> str:
    """A file's name without its folders."""
    return service.rpartition("/")[2]
