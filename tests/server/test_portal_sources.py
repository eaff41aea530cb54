"""What the portal's sources never do, found in all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "portal" / "src"
FILES = [path for path in sorted(SOURCES.rglob("*.ts*")) if "schema.d" not in path.name]


def lines(pattern: str) -> list[str]:
    return [
        f"{path.relative_to(SOURCES)}: {line.strip()}"
        for path in FILES
        for line in path.read_text().splitlines()
        if re.search(pattern, line)
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        r"postMessage|addEventListener\(\s*['\"]message|onmessage",
        r"<(object|embed|applet|iframe)\b",
        r"onPaste|onCopy|preventDefault\(\).*paste",
        r"document\.cookie|sessionStorage",
        r"\bnew Function\b|\beval\(|setTimeout\(\s*['\"]",
    ],
)
def test_the_portal_never(pattern: str) -> None:
    assert len(FILES) > 40
    assert lines(pattern) == []


def test_a_password_is_typed_unseen_and_may_be_pasted_and_kept_by_the_browser() -> None:
    assert lines(r"type=['\"]?password") == [], "PasswordInput does that"
    fields = lines(r"<PasswordInput")
    assert len(fields) >= 4
    assert all(re.search(r'autoComplete="(current|new)-password"', field) for field in fields)


def test_every_page_has_the_way_out() -> None:
    assert lines(r"remove\('/api/v1/session'\)") == [
        "components/account.tsx: await remove('/api/v1/session')"
    ]
    shell = [path.name for path in FILES if re.search(r"<Account\b", path.read_text())]
    assert shell, "the menu is in the frame around all pages"
