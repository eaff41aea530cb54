"""The portal's files, from a manifest that is made at start: no path of a request reaches the file system."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request, Response

from cloudward.errors import MissingError, UsageError

STATIC = Path(__file__).parent / "static"
CHECKOUT = Path(__file__).parents[3] / "portal"
PLACE_OF_NONCE = b"NONCE-OF-THIS-ANSWER"
POLICY = "; ".join(
    [
        "default-src 'none'",
        "object-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'nonce-{nonce}'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""The content security policy of a page: nothing inline, nothing from elsewhere."""
ABSENT = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>cloudward</title>
<p>This installation has no portal. The API is under /api/v1, its description at /api/openapi.json.</p></html>
"""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent. `packed` is its gzip form, empty where that is no shorter."""

    body: bytes
    packed: bytes
    media: str
    etag: str
    forever: bool
    """Its name holds the hash of its content."""


@dataclass(frozen=True, slots=True)
class Portal:
    """All that is sent to a browser, by the address under which it is asked for."""

    assets: Mapping[str, Asset]
    index: bytes

    @classmethod
    def load(cls, folder: Path = STATIC) -> Portal:
        """Read a built portal into memory; a folder that is not there gives one that says so."""
        if not (folder / "index.html").is_file():
            return cls({}, ABSENT)
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        assets = {path.relative_to(folder).as_posix(): path for path in files}
        index = assets.pop("index.html").read_bytes()
        return cls({name: _asset(name, path) for name, path in assets.items() if name[0] != "."}, index)

    def page(self) -> Response:
        """The page from which everything else is loaded, with a nonce of its own."""
        nonce = secrets.token_urlsafe(18)
        headers = {"content-security-policy": POLICY.format(nonce=nonce), "cache-control": "no-store"}
        body = self.index.replace(PLACE_OF_NONCE, nonce.encode())
        return Response(body, headers=headers, media_type="text/html; charset=utf-8")


def renew(quiet: bool = False) -> None:
    """In a checkout: build the portal if its sources changed since it was built.

    `quiet`: what the build says is shown only when it fails.
    """
    script = CHECKOUT / "build.py"
    if not script.is_file():
        return
    built = subprocess.run(
        [sys.executable, str(script)], stderr=subprocess.PIPE if quiet else None, check=False
    )
    if built.returncode:
        sys.stderr.write((built.stderr or b"").decode("utf-8", "replace"))
        raise UsageError("the portal could not be built", f"see above; again: {sys.executable} {script}")


def install(app: FastAPI, portal: Portal) -> None:
    """Answer every GET that is not the API's: the last routes of the app."""

    async def asked(request: Request, path: str) -> Response:
        asset = portal.assets.get(path)
        if asset is not None:
            return _sent(request, asset)
        if path.startswith(("api/", "assets/")):
            raise MissingError(f"there is no /{path}")
        return portal.page()

    app.add_api_route("/{path:path}", asked, methods=["GET", "HEAD"], include_in_schema=False)


def _asset(name: str, path: Path) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, 6, mtime=0)
    media = TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    digest = hashlib.sha256(body).hexdigest()[:20]
    return Asset(
        body, packed if len(packed) < len(body) else b"", media, f'"{digest}"', name.startswith("assets/")
    )


TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
"""Not those of the machine, which are wrong on some."""


def _sent(request: Request, asset: Asset) -> Response:
    headers = {
        "etag": asset.etag,
        "vary": "accept-encoding",
        "cache-control": "public, max-age=31536000, immutable" if asset.forever else "no-cache",
    }
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.packed, headers={**headers, "content-encoding": "gzip"}, media_type=asset.media)
    return Response(asset.body, headers=headers, media_type=asset.media)
