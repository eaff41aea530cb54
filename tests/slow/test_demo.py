"""The demo as a stranger meets it: it ends with the portal, and the next time it is there at once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.request import urlopen

import pytest

from cloudward.store import Store
from cloudward.store.alerts import Alerts

OPEN = re.compile(r"The portal is open until Ctrl-C on (http://127\.0\.0\.1:\d+)")


BLIND = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
"""Nobody listens there: the demo needs no network and goes through no proxy."""


def _shown(environment: Mapping[str, str], *, leave: bool = False) -> tuple[str, int, str]:
    """Run the demo until its portal has answered; gives what it printed, how it ended, the page."""
    more = {"DEMO_EXIT": "1"} if leave else {}
    program = [sys.executable, "-c", "from cloudward.cli import main; main()", "demo"]
    page = ""
    with subprocess.Popen(
        program, env={**environment, **more}, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as child:
        assert child.stdout is not None
        lines = []
        for line in child.stdout:
            lines.append(line)
            if not leave and "In another terminal" in line:
                found = OPEN.search("".join(lines))
                assert found
                with urlopen(found[1]) as answer:
                    page = answer.read().decode()
                child.send_signal(signal.SIGINT)
    return "".join(lines), child.returncode, page


@pytest.mark.slow
def test_the_next_demo_has_what_the_last_one_found(tmp_path: Path) -> None:
    environment = {**os.environ, **BLIND, "XDG_DATA_HOME": str(tmp_path), "COLUMNS": "80"}
    environment.pop("CLOUDWARD_STORE", None)
    first, code, page = _shown(environment)
    assert code == 0
    assert "larchlane-exports" in first
    assert "What happened, and why it belongs together" in first
    assert "/sign-in#" in first
    assert '<div id="root">' in page
    again, code, page = _shown(environment)
    assert code == 0
    assert "larchlane-exports" not in again
    assert '<div id="root">' in page
    with Store.open(tmp_path / "cloudward-demo") as store:
        assert {"200000000017", "200000000025"} <= {scope.id for scope in store.scopes()}
        told = {each.detection: each.reasons for each in Alerts(store.database).every() if each.reasons}
    assert any("never with" in text for text in told["aws-identity-in-new-region"])
    assert any("neighbourhood-watch" in text for text in told["aws-call-from-listed-address"])


@pytest.mark.slow
def test_it_ends_by_itself_and_leaves_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, **BLIND, "XDG_DATA_HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    said, code, _ = _shown(environment, leave=True)
    assert code == 0
    assert "The portal answered" not in said  # that is said on stderr
    assert OPEN.search(said)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not (tmp_path / "cloudward-demo").exists()
