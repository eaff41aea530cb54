"""The real server over a small scanned estate."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cloudward.cli.app import run
from cloudward.server import assets
from cloudward.store.place import VARIABLE
from tests.cli import estate

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = ("azure-resource-graph.json", "kubernetes.json")
LOGS = ("events-cloudtrail.json", "events-kubernetes.log")
READY = re.compile(r"(http://localhost:\d+)(/sign-in#\S+)")


@dataclass(frozen=True)
class Served:
    """A server: where it is, over which store, and the link with which its administrator comes in."""

    base: str
    store: Path
    link: str
    database: str | None = None

    def rescan(self, name: str) -> None:
        """Scan an example as a user does."""
        with over(self.database):
            _scan(self.store, name)


@contextmanager
def over(database: str | None) -> Iterator[None]:
    """The store's state is in this database; None: in the store's folder."""
    with pytest.MonkeyPatch.context() as patch:
        if database:
            patch.setenv(VARIABLE, database)
        yield


def fill(store: Path) -> None:
    """An Azure export and a cluster, two accounts with a call that was denied, alerts of two logs."""
    for name in FILES:
        _scan(store, name)
    estate.fill(store)
    logs = [str(EXAMPLES / name) for name in LOGS]
    at = ["--store", str(store)]
    assert run(["detect", *logs, *at, "--fail-on", "never"]) == 0
    about = ["--field", "ip=198.51.100.*", "--reason", "our own scanner", "--by", "ann"]
    assert run(["suppress", "add", "--detection", "aws-root-acted", *about, *at]) == 0


def _scan(store: Path, name: str) -> None:
    words = ["scan", str(EXAMPLES / name), "--store", str(store), "--fail-on", "never", "--allow-incomplete"]
    code = run(words)
    assert code == 0, f"scan of {name} ended with {code}"


@contextmanager
def serving(store: Path, *more: str, database: str | None = None) -> Iterator[Served]:
    """`cloudward serve`, until it is told to end; its log is kept beside the store."""
    assets.renew()
    program = str(Path(sys.executable).parent / "cloudward")
    words = [program, "serve", "--store", str(store), "--port", "0", *more]
    # In the child's environment alone: what else is served meanwhile has a database of its own.
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    if database:
        environment[VARIABLE] = database
    with (
        (store.parent / "server.log").open("w") as log,
        subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment) as server,
    ):
        try:
            assert server.stderr is not None
            said = ""
            for line in server.stderr:
                said += line
                if found := READY.search(line):
                    break
            else:
                raise AssertionError(f"the server did not start:\n{said}")
            # What it says after that goes to the log; this ends with the server, which has to end before.
            with subprocess.Popen(["cat"], stdin=server.stderr, stdout=log):
                try:
                    yield Served(found[1], store, found[2], database)
                    server.send_signal(signal.SIGTERM)
                    server.wait(30)
                finally:
                    server.kill()
        finally:
            server.kill()
