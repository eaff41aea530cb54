from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO

import pytest

from cloudward.cli import output
from cloudward.cli.options import Format
from cloudward.cli.output import Column, Listing, write

PLACES = Listing(
    "place",
    {"name": "what it is called", "size": "how large it is", "tags": "its tags"},
    (Column("name", fold=True), Column("size", right=True), Column("tags", width=100)),
    empty="No places.",
)
PARIS: dict[str, object] = {"name": "Paris", "size": 2_100_000, "tags": {"river": "Seine"}}
ROME: dict[str, object] = {"name": "[bold]Rome\x1b[2J", "size": None, "tags": {}}


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def test_json_is_one_item_a_line_then_the_total(capsys: pytest.CaptureFixture[str]) -> None:
    write(PLACES, iter([PARIS, ROME]), Format.JSON, extra={"when": datetime(2026, 1, 1, tzinfo=UTC)})
    assert capsys.readouterr().out == (
        '{"items": [\n'
        '{"name":"Paris","size":2100000,"tags":{"river":"Seine"}},\n'
        '{"name":"[bold]Rome\\u001b[2J","size":null,"tags":{}}\n'
        '], "total":2,"when":"2026-01-01T00:00:00Z"}\n'
    )


def test_an_empty_list_has_the_same_shape(capsys: pytest.CaptureFixture[str]) -> None:
    write(PLACES, [], Format.JSON)
    assert json.loads(capsys.readouterr().out) == {"items": [], "total": 0}


def test_a_limited_list_still_says_how_many_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    write(PLACES, [PARIS, ROME], Format.JSON, limit=1, total=2)
    answer = json.loads(capsys.readouterr().out)
    assert (len(answer["items"]), answer["total"]) == (1, 2)


def test_csv_has_every_key_and_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    write(PLACES, [PARIS, {"name": "=1+1", "size": -5, "tags": {}}], Format.CSV)
    assert capsys.readouterr().out == (
        'name,size,tags\nParis,2100000,"{""river"":""Seine""}"\n\'=1+1,-5,{}\n'
    )


def test_a_table_shows_markup_and_controls_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    write(PLACES, [PARIS, ROME], Format.TABLE)
    assert capsys.readouterr().out == (
        "Name                    Size\n"
        "Paris              2,100,000\n"
        "[bold]Rome\\x1b[2J          -\n"
    )  # fmt: skip


def test_a_narrow_table_folds_and_cuts_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    write(PLACES, [{"name": "abcdefghij" * 4, "size": 7}], Format.TABLE)
    lines = capsys.readouterr().out.splitlines()
    assert "".join(line[:24].strip() for line in lines[1:]).replace("7", "") == "abcdefghij" * 4


def test_off_a_terminal_a_row_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS")
    write(PLACES, [{"name": "x" * 500, "size": 7}], Format.TABLE)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_table_says_on_stderr_what_it_does_not_show(capsys: pytest.CaptureFixture[str]) -> None:
    write(PLACES, [PARIS, ROME, PARIS], Format.TABLE, limit=1)
    streams = capsys.readouterr()
    assert len(streams.out.splitlines()) == 2
    assert streams.err == "1 of 3 shown; --limit 0 shows all.\n"


def test_an_empty_table_says_so_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    write(PLACES, [], Format.TABLE)
    assert capsys.readouterr() == ("", "No places.\n")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, no_color: str, coloured: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", no_color)
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    output.draw([Column("severity")], [{"severity": "high"}])
    assert ("\x1b[1;31m" in terminal.getvalue()) is coloured


def test_no_colour_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.draw([Column("severity")], [{"severity": "high"}])
    assert "\x1b" not in capsys.readouterr().out
