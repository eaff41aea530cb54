"""What other scanners found, from the files that they write: one file here for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from cloudward.connect.files.connector import records
from cloudward.errors import InputError, UsageError


class Verdict(StrEnum):
    """What another scanner says of a resource."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of another scanner on one resource."""

    check: str
    verdict: Verdict
    account: str
    region: str
    """Empty for what is global."""
    resource: str
    """The ARN, where there is one."""
    name: str = ""


class Reader(Protocol):
    """A module of this package."""

    CATALOGUE: str
    """The name under which policies' `equivalents` have its checks."""
    TITLE: str

    @staticmethod
    def finding(document: dict[str, Any]) -> Finding:
        """The finding that a record of the file is; `ValueError` or `KeyError` when it is none."""


def read(path: Path, reader: Reader) -> Iterator[Finding]:
    """The findings of a file; a record that is none is an `InputError` that names file and line."""
    if not path.is_file():
        raise UsageError(f"no such file: {path}")
    for number, (line, document, error) in enumerate(records(path), 1):
        where = f"{path}:{line}" if line else f"{path}, record {number}"
        if error is not None:
            raise InputError(f"{where}: {error}")
        try:
            found = reader.finding(document)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as problem:
            raise InputError(
                f"{where}: this is no finding of {reader.TITLE} ({type(problem).__name__}: {problem})",
                "give the file that it writes with OCSF (JSON) or CSV output",
            ) from None
        yield found
