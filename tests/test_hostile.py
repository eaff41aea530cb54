"""What attackers name their things comes out as text, in every list of the terminal and in every file."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cloudward.cli.app import run
from cloudward.pack import Pack, load
from cloudward.store import Store
from tests.hostile import EVIL, POLICY, SIGNS, TEXTS, WHOLE, fill, hidden
from tests.server.client import Client, serving

LISTS = (
    "recommendations --resources --status all",
    "recommendations",
    f"recommendations {POLICY}",
    "inventory",
    "coverage --all",
    "exempt list",
    "suppress list",
    "alerts list",
    "incidents list",
    "audit list",
    "compliance list",
    "score",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hostile") / "store"
    fill(made)
    return made


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load()


@pytest.fixture
def client(folder: Path, pack: Pack) -> Client:
    with Store.open(folder) as store:
        return serving(store, pack)


def said(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> str:
    """What a command prints, where people and where programs read it."""
    capsys.readouterr()
    run([*words, "--store", str(folder)])
    streams = capsys.readouterr()
    assert hidden(streams.err) == set(), words
    return streams.out


@pytest.mark.parametrize("list", LISTS)
def test_no_list_of_the_terminal_moves_it(
    list: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = said(capsys, folder, *list.split())
    assert shown
    assert hidden(shown) == set()
    assert max(map(len, shown.splitlines())) <= 80
    as_json = said(capsys, folder, *list.split(), "-o", "json")
    assert hidden(as_json) == set()
    assert json.loads(as_json)["items"] or list == "compliance list"
    harmless_table(said(capsys, folder, *list.split(), "-o", "csv"))


@pytest.mark.parametrize("name", ["terminal", "osc8", "right-to-left", "lines", "rich", "nul"])
def test_one_thing_is_shown_without_moving_the_terminal(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    if "\x00" not in TEXTS[name]:  # no argument of a command can hold it
        shown = said(capsys, folder, "explain", f"arn:aws:s3:::{TEXTS[name]}", POLICY)
        assert hidden(shown) == set()
        assert "versions" in shown
    shown = said(capsys, folder, "alerts", "show", f"{name}-alert")
    assert hidden(shown) == set()
    assert f"{name}-alert" in shown
    shown = said(capsys, folder, "incidents", "show", f"in-of-{name}")
    assert hidden(shown) == set()
    assert f"in-of-{name}" in shown


def test_a_story_of_hostile_things_moves_no_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = said(capsys, folder, "incidents", "show", WHOLE)
    assert hidden(shown) == set()
    assert "it belongs together" in shown
    as_json = said(capsys, folder, "incidents", "show", WHOLE, "-o", "json")
    assert hidden(as_json) == set()
    assert len(json.loads(as_json)["items"][0]["timeline"]) == len(TEXTS)
    harmless_table(said(capsys, folder, "incidents", "show", WHOLE, "-o", "csv"))


def test_a_file_that_is_scanned_moves_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    pods = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": text, "labels": {"x": text}}, "spec": {}}
        for text in TEXTS.values()
    ]
    path = tmp_path / f"{TEXTS['right-to-left']}.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": pods}))
    shown = said(capsys, tmp_path / "store", "scan", str(path), "--fail-on", "never")
    assert hidden(shown) == set()
    assert "resources" in shown


@pytest.mark.parametrize("of", ["assessments", "resources", "recommendations", "alerts", "incidents"])
def test_no_export_holds_a_formula_or_hides_something(of: str, client: Client) -> None:
    harmless_table(client("GET", f"/api/v1/{of}/export", params={"form": "csv"}).text)
    more = {"assessments": ("ocsf",), "alerts": ("ocsf", "microsoft")}.get(of, ())
    for form in ("json", *more):
        text = client("GET", f"/api/v1/{of}/export", params={"form": form}).text
        assert hidden(text) == set()
        assert all(json.loads(line) for line in text.splitlines())


def test_no_report_of_an_auditor_holds_markup_or_a_formula(client: Client) -> None:
    standard = next(
        each["id"]
        for each in client.get("/api/v1/standards", limit=500)["items"]
        if POLICY in json.dumps(client.get(f"/api/v1/standards/{each['id']}"))
    )
    files = {
        form: client("GET", f"/api/v1/standards/{standard}/export", params={"form": form}).text
        for form in ("html", "csv", "oscal")
    }
    assert all("arn:aws:s3:::" in text for text in files.values())
    harmless_table(files["csv"])
    assert hidden(files["oscal"]) == set()
    json.loads(files["oscal"])
    assert hidden(files["html"]) == set()
    page = _Page()
    page.feed(files["html"])
    assert page.wrong == []


def harmless_table(text: str) -> None:
    """No cell of it begins a formula, and nothing in it is hidden."""
    assert hidden(text) == set()
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            start = cell.lstrip(" \u00a0\u3000\ufeff\u200b")[:1]
            assert start not in SIGNS or _number(cell), cell


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


class _Page(HTMLParser):
    """Notes what of a page could run, lead away or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "img", "svg", "iframe", "object", "embed", "base", "form", "at"}:
            self.wrong.append(tag)
        for name, value in attrs:
            leads = name in {"href", "src"} and (
                EVIL in (value or "") or not (value or "").startswith(("https:", "#"))
            )
            if name.startswith("on") or leads:
                self.wrong.append(f"{tag} {name}={value}")
