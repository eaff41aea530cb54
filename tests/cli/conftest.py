"""The program as a user meets it: words in, what stands on each stream and the exit code out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cloudward.cli.app import run


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.out)
        return answer


Cloudward = Callable[..., Ran]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Content is checked once, not for every test."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def home(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty machine: no store, no credentials, a terminal of 80 columns."""
    for name in [*os.environ]:
        if name.startswith(("AWS_", "CLOUDWARD_")) or name in {"NO_COLOR", "FORCE_COLOR"}:
            monkeypatch.delenv(name)
    settings = {
        "HOME": tmp_path,
        "XDG_DATA_HOME": tmp_path / "data",
        "XDG_CACHE_HOME": cache,
        "AWS_EC2_METADATA_DISABLED": "true",
        "COLUMNS": 80,
        "LINES": 24,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cloudward(home: Path, capsys: pytest.CaptureFixture[str]) -> Cloudward:
    def call(*words: object) -> Ran:
        capsys.readouterr()
        code = run([str(word) for word in words])
        streams = capsys.readouterr()
        return Ran(code, streams.out, streams.err)

    return call


@pytest.fixture
def process(home: Path) -> Cloudward:
    """The same as a program of its own."""

    def call(*words: object, env: Mapping[str, str] | None = None) -> Ran:
        done = subprocess.run(
            [sys.executable, "-c", "from cloudward.cli import main; main()", *map(str, words)],
            capture_output=True,
            text=True,
            env={**os.environ, **(env or {})},
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return call
