"""`cloudward serve`: where it listens, and where it does not."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloudward.errors import UsageError
from cloudward.server.serving import Place


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "cloudward.example.org"])
def test_an_address_of_a_network_needs_tls_or_a_proxy(host: str) -> None:
    with pytest.raises(UsageError, match="nothing here encrypts"):
        Place(host).check()
    Place(host, proxies=["127.0.0.1"]).check()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_this_machine_alone_needs_none(host: str) -> None:
    Place(host).check()


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="belong together"):
        Place(certificate=tmp_path / "cert.pem").check()


START = """
from cloudward.cli import main
from cloudward.server import assets
assets.renew = lambda: None  # whether there is a portal is not asked here
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_answers_and_ends(tmp_path: Path, end: signal.Signals) -> None:
    words = [sys.executable, "-c", START, "serve", "--store", str(tmp_path / "store"), "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            line = server.stderr.readline()
            found = re.fullmatch(r"cloudward listens on (http://127\.0\.0\.1:\d+)\n", line)
            assert found, line
            assert server.stderr.readline().startswith("Sign in as its administrator, once")
            link = server.stderr.readline().strip()
            assert link.startswith(f"{found[1].replace('127.0.0.1', 'localhost')}/sign-in#")
            answer = httpx.get(f"{found[1]}/health/ready", timeout=30)
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
            assert "server" not in answer.headers
            told: dict[str, Any] = {}
            while not {"cloudward.server", "cloudward.jobs"} <= told.keys():
                line = json.loads(server.stderr.readline())
                told.setdefault(line["logger"], line)
            first = told["cloudward.server"]
            assert (first["route"], first["status"]) == ("/health/ready", 200)
            assert re.fullmatch(r"maintenance \S+ begins, attempt 1", told["cloudward.jobs"]["message"])
            assert httpx.get(f"{found[1]}/api/v1/scopes").status_code == 401
            with httpx.Client(base_url=found[1], timeout=30) as browser:
                ticket = {"ticket": link.partition("#")[2]}
                assert browser.post("/api/v1/session/link", json=ticket).status_code == 204
                assert browser.get("/api/v1/scopes").status_code == 200
        finally:
            server.send_signal(end)
            rest = server.communicate(timeout=30)[1]
    assert "Traceback" not in rest
    assert server.returncode == 0, rest
