"""The table of ASVS names tests and files that there are, and each id once."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guides" / "asvs.md").read_text()


def test_every_named_test_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 30
    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in (ROOT / file).read_text()]
    assert missing == []


def test_every_named_file_is_there() -> None:
    named = re.findall(r"`(server/[\w/]+\.py)`", PAGE)
    assert named
    assert [each for each in named if not (ROOT / "src" / "cloudward" / each).is_file()] == []


def test_every_id_stands_once_with_a_state() -> None:
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([a-z ]+) \| (.+) \|$", PAGE, re.MULTILINE)
    ids = [id for id, _, _ in rows]
    assert len(ids) == len(set(ids)) > 90
    assert {state for _, state, _ in rows} == {"met", "not met", "deployer"}
    assert len(rows) == len([line for line in PAGE.splitlines() if re.match(r"\| \d", line)])
