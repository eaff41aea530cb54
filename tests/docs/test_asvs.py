"""The table of ASVS names tests and files that there are, and each id once."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guides" / "asvs.md").read_text()
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([a-z ]+) \| (.+) \|$", PAGE, re.MULTILINE)


def test_every_named_test_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 30
    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in (ROOT / file).read_text()]
    assert missing == []


def test_every_named_file_is_there() -> None:
    named = re.findall(r"`((?:server|store)/[\w/]+\.py)`", PAGE)
    assert named
    assert [each for each in named if not (ROOT / "src" / "cloudward" / each).is_file()] == []
    others = re.findall(r"`(portal/[\w/.]+|Makefile)`", PAGE)
    assert [each for each in others if not (ROOT / each).is_file()] == []


def test_what_is_met_is_shown() -> None:
    """By a test, a file or a page, itself or in the row that it names."""
    shown = re.compile(r"`(tests|server|store|portal)/[\w/]+\.|\]\([a-z]+\.md#")
    told = {id: by for id, _, by in ROWS}

    def seen(id: str, depth: int = 3) -> bool:
        others = re.findall(r"\bas (\d+\.\d+\.\d+)", told[id])
        return bool(shown.search(told[id])) or (depth > 0 and any(seen(each, depth - 1) for each in others))

    assert [id for id, state, _ in ROWS if state == "met" and not seen(id)] == []


def test_every_id_stands_once_with_a_state() -> None:
    ids = [id for id, _, _ in ROWS]
    assert len(ids) == len(set(ids)) > 90
    assert {state for _, state, _ in ROWS} == {"met", "not met", "deployer"}
    assert len(ROWS) == len([line for line in PAGE.splitlines() if re.match(r"\| \d", line)])
