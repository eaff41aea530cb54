"""What a scan does right now, on stderr: bars on a terminal, one line per finished service elsewhere."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cloudward.cli.output import note
from cloudward.cli.text import visible

if TYPE_CHECKING:
    from rich.progress import TaskID

    from cloudward.connect import Unit


class Lines(AbstractContextManager["Lines"]):
    """A line when a service has ended."""

    def __init__(self) -> None:
        self.left: Counter[str] = Counter()
        self.units: Counter[str] = Counter()
        self.resources: Counter[str] = Counter()

    def start(self, units: Iterable[Unit]) -> None:
        """These will be collected."""
        self.units = Counter(unit.service for unit in units)
        self.left = Counter(self.units)

    def done(self, unit: Unit, resources: int) -> None:
        """This one has ended."""
        service = unit.service
        self.left[service] -= 1
        self.resources[service] += resources
        if not self.left[service]:
            parts = f"{self.units[service]} parts" if self.units[service] > 1 else "1 part"
            note(f"{service}: {self.resources[service]:,} resources in {parts}")

    def say(self, step: str) -> None:
        """The scan has come to this step."""
        note(step)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Bars(Lines):
    """A bar for every service that is being read."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        super().__init__()
        self.bars = Progress(
            TextColumn("{task.description:<14}", markup=False),
            BarColumn(24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[found]:>8,} resources", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True, markup=False, emoji=False, highlight=False),
            transient=True,
        )
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def start(self, units: Iterable[Unit]) -> None:
        super().start(units)
        for service, parts in self.units.items():
            self.tasks[service] = self.bars.add_task(visible(service), total=parts, found=0)

    def done(self, unit: Unit, resources: int) -> None:
        self.resources[unit.service] += resources
        self.bars.update(self.tasks[unit.service], advance=1, found=self.resources[unit.service])

    def say(self, step: str) -> None:
        self.bars.add_task(step, total=None, found=sum(self.resources.values()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()


def progress() -> Lines:
    """As fits where stderr goes."""
    return Bars() if sys.stderr.isatty() else Lines()
