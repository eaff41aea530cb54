"""The portal's files: from a manifest, with a new nonce in each page, and nothing else of the file system."""

from __future__ import annotations

import asyncio
import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from cloudward.server import problems
from cloudward.server.assets import Portal, install

PAGE = '<meta property="csp-nonce" nonce="NONCE-OF-THIS-ANSWER"><script src="/assets/index-1.js"></script>'
SCRIPT = "console.log('portal');" * 100


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / ".vite").mkdir()
    (folder / ".vite" / "manifest.json").write_text("{}")
    (folder / "index.html").write_text(PAGE)
    (folder / "mark.svg").write_text("<svg/>")
    (folder / "assets" / "index-1.js").write_text(SCRIPT)
    (tmp_path / "secret").write_text("not for you")
    return folder


@dataclass(frozen=True)
class Client:
    app: FastAPI

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.get(path, headers=headers)

        return asyncio.run(ask())


def serving(folder: Path) -> Client:
    app = FastAPI()
    problems.install(app)
    install(app, Portal.load(folder))
    return Client(app)


def test_every_page_has_its_own_nonce_which_its_policy_names(built: Path) -> None:
    client = serving(built)
    nonces = set()
    for address in ("/", "/recommendations/aws-s3-bucket-public?status=unhealthy"):
        answer = client.get(address)
        nonce = re.search('nonce="([^"]+)"', answer.text)
        assert nonce is not None
        assert f"style-src 'self' 'nonce-{nonce[1]}'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        nonces.add(nonce[1])
    assert len(nonces) == 2


def test_a_file_with_its_hash_in_its_name_is_kept_forever_others_are_asked_for(built: Path) -> None:
    client = serving(built)
    script, mark = client.get("/assets/index-1.js"), client.get("/mark.svg")
    assert script.text == SCRIPT
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert mark.headers["cache-control"] == "no-cache"
    assert client.get("/mark.svg", headers={"if-none-match": mark.headers["etag"]}).status_code == 304


def test_who_does_not_take_gzip_gets_plain_text(built: Path) -> None:
    answer = serving(built).get("/assets/index-1.js", headers={"accept-encoding": "identity"})
    assert answer.text == SCRIPT
    assert "content-encoding" not in answer.headers
    assert len(gzip.compress(SCRIPT.encode())) < len(SCRIPT)


@pytest.mark.parametrize(
    "path", ["/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret", "/.vite/manifest.json", "//secret"]
)
def test_no_path_of_a_request_reaches_the_file_system(built: Path, path: str) -> None:
    answer = serving(built).get(path)
    assert "not for you" not in answer.text
    assert answer.text != "{}"


def test_what_the_api_does_not_have_is_a_problem_not_a_page(built: Path) -> None:
    for path in ("/api/v1/nothing", "/assets/old-1.js"):
        answer = serving(built).get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_installation_without_a_portal_says_so(tmp_path: Path) -> None:
    answer = serving(tmp_path / "none").get("/")
    assert answer.status_code == 200
    assert "has no portal" in answer.text
