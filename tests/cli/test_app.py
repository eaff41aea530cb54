from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from cloudward.cli import app
from cloudward.cli.exits import MEANING, Exit
from cloudward.errors import ContentError, SignInError
from tests.cli.conftest import Cloudward

HEAVY = {
    "alembic",
    "boto3",
    "botocore",
    "celpy",
    "cel_expr_python",
    "duckdb",
    "google.protobuf",
    "msgspec",
    "orjson",
    "pyarrow",
    "rich",
    "sqlalchemy",
    "yaml",
    "cloudward.assess",
    "cloudward.connect",
    "cloudward.inventory",
    "cloudward.pack",
    "cloudward.rules",
    "cloudward.store",
}


def test_alone_it_prints_a_dozen_lines_and_the_next_command(cloudward: Cloudward) -> None:
    ran = cloudward()
    assert ran.code == 0
    assert len(ran.out.splitlines()) <= 13
    assert ran.out.endswith("Next: cloudward demo\n")
    assert ran.err == ""


def test_alone_it_knows_that_there_is_a_store(cloudward: Cloudward, home: Path) -> None:
    (home / "data" / "cloudward").mkdir(parents=True)
    assert cloudward().out.endswith("Next: cloudward recommendations\n")


def test_help_loads_nothing_heavy(home: Path) -> None:
    program = """
import sys
from cloudward.cli.app import run
code = run(["--help"])
print(*sys.modules, sep="\\n", file=sys.stderr)
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "cloudward.cli.commands.version" in loaded
    assert loaded & HEAVY == set()


def test_help_of_every_command_fits_80_columns(cloudward: Cloudward) -> None:
    for words in command_paths():
        ran = cloudward(*words, "--help")
        assert ran.code == 0, words
        assert max(map(len, ran.out.splitlines())) <= 80, words


def test_short_help_of_every_command_is_whole(cloudward: Cloudward) -> None:
    assert "..." not in cloudward("--help").out.split("Commands:")[1]


def command_paths() -> list[tuple[str, ...]]:
    def walk(command: object, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        inner = getattr(command, "commands", {})
        return [path, *(found for name, child in inner.items() for found in walk(child, (*path, name)))]

    return walk(typer.main.get_command(app.build()), ())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["vrsion"], "error: no such command 'vrsion'; did you mean 'version'?\nhint: cloudward --help\n"),
        (
            ["version", "--ouput", "json"],
            "error: no such option --ouput; did you mean '--output'?\nhint: cloudward version --help\n",
        ),
        (
            ["version", "--output", "jsn"],
            """error: invalid value for '--output' / '-o': 'jsn' is not one of 'table', 'json', 'csv'
hint: cloudward version --help
""",
        ),
        (["--nosuch"], "error: no such option --nosuch\nhint: cloudward --help\n"),
    ],
)
def test_what_is_typed_wrong_is_said_with_the_near_name(
    cloudward: Cloudward, words: list[str], message: str
) -> None:
    ran = cloudward(*words)
    assert (ran.code, ran.out, ran.err) == (2, "", message)


def test_an_error_is_json_when_json_was_asked_for(cloudward: Cloudward) -> None:
    for form in (["--output", "json"], ["-o", "json"], ["--output=json"], ["-ojson"]):
        ran = cloudward("version", "extra", *form)
        assert (ran.code, ran.out) == (2, "")
        assert json.loads(ran.err) == {
            "error": {
                "kind": "usage",
                "message": "got unexpected extra argument(s) (extra)",
                "hint": "cloudward version --help",
                "exit_code": 2,
            }
        }


def test_a_content_error_says_the_place_in_json(
    cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_with(monkeypatch, ContentError("a.yaml", 3, "unknown key 'titel'", 7))
    error = json.loads(cloudward("version", "-o", "json").err)["error"]
    assert (error["kind"], error["file"], error["line"], error["column"]) == ("content", "a.yaml", 3, 7)


def test_a_refused_sign_in_ends_with_4(cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, SignInError("no credentials", "aws configure"))
    ran = cloudward("version")
    assert (ran.code, ran.err) == (4, "error: no credentials\nhint: aws configure\n")


def test_an_interrupt_ends_with_130(cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, KeyboardInterrupt())
    assert cloudward("version").code == 130


def test_a_fault_of_ours_is_not_taken_for_an_answer(
    cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_with(monkeypatch, ZeroDivisionError("division by zero"))
    ran = cloudward("version")
    assert ran.code == 70
    assert "fault of cloudward" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setenv("CLOUDWARD_TRACEBACK", "1")
    assert "Traceback" in cloudward("version").err


def test_an_error_cannot_speak_to_the_terminal(cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(monkeypatch, ContentError("a\x1b[2J.yaml", 1, "bad\x07"))
    assert cloudward("version").err.startswith("error: a\\x1b[2J.yaml:1: bad\\x07\n")


def fails_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """A command that meets the error when it asks for versions."""

    def fail(_name: str) -> str:
        raise error

    monkeypatch.setattr("importlib.metadata.version", fail)


def test_a_reader_that_goes_away_is_no_fault(home: Path) -> None:
    line = f"{sys.executable} -c 'from cloudward.cli import main; main()' version -o csv"
    done = subprocess.run(
        ["bash", "-c", f"{line} | true; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() in {"0", "141"}
    assert done.stderr == ""


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANING) == set(Exit)
