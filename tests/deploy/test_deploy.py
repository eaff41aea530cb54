"""Installations: the steps that container, unit and guide share go through in a fresh folder."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PIN = re.compile(
    r"^([a-z0-9._-]+==[^ ;\\]+)[^\n]*\\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def pins(file: Path) -> dict[str, str]:
    return dict(PIN.findall(file.read_text()))


def test_what_is_deployed_is_what_is_tested() -> None:
    deployed, tested = pins(DEPLOY / "requirements.txt"), pins(ROOT / "requirements.txt")
    assert len(deployed) > 60
    assert {name: tested.get(name) for name in deployed} == deployed
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {re.split(r"[\[>=<]", each)[0] for each in project["dependencies"]}
    have = {each.partition("==")[0] for each in deployed}
    assert named <= have


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage of the container file; first those before any."""
    text = re.sub(
        r"\\\n", " ", re.sub(r"^#.*\n", "", (DEPLOY / "Containerfile").read_text(), flags=re.MULTILINE)
    )
    found: list[list[tuple[str, str]]] = [[]]
    for line in filter(None, text.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest.strip()))
    return found


def test_the_image_is_of_a_user_that_may_nothing_and_says_how_it_is() -> None:
    _, build, image = stages()
    assert ("USER", "10001:10001") in image
    words = [word for word, _ in image]
    assert words.index("USER") < words.index("CMD")
    assert "HEALTHCHECK" in words
    assert "RUN" not in words, "what builds it stays in the stage before"
    assert all(rest.startswith(("--from=build ", "deploy/")) for word, rest in image if word == "COPY")
    assert not {"ADD", "ARG"} & {word for word, _ in [*build, *image]}
    assert not re.search(r"(?i)(password|secret|token|key)\S*=", str(stages()))


def test_no_more_than_it_needs_comes_near_a_layer() -> None:
    first, *lines = [
        line
        for line in (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert first == "*"
    given = {line[1:] for line in lines if line.startswith("!")}
    copied = {each for word, rest in stages()[1] if word == "COPY" for each in rest.split()[:-1]}
    assert given == copied


def test_it_is_run_without_rights_on_a_file_system_that_nobody_writes_to() -> None:
    service: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["cloudward"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(service)


def test_the_unit_is_shut_in() -> None:
    unit = (DEPLOY / "cloudward.service").read_text()
    for line in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "StateDirectory=cloudward",
        "StateDirectoryMode=0700",
        "CapabilityBoundingSet=",
        "SystemCallFilter=@system-service",
    ):
        assert f"\n{line}\n" in unit, line


def test_another_wheel_than_the_one_that_was_meant_is_not_installed(tmp_path: Path) -> None:
    wheel = tmp_path / "cloudward-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"something else")
    meant = {"CLOUDWARD_SHA256": sha256(b"what was released").hexdigest()}
    command = [DEPLOY / "install.sh", wheel, tmp_path / "place", tmp_path / "state"]
    told = subprocess.run(command, env={**os.environ, **meant}, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "has the hash" in told.stderr
    assert not (tmp_path / "place").exists()


@pytest.mark.slow
def test_an_installation_goes_through_in_a_fresh_folder(wheel: Path) -> None:
    """With the packages that this environment got by their hashes; the test below fetches them."""
    with ZipFile(wheel) as archive:
        assert "cloudward/server/static/index.html" in archive.namelist()
    told = tried(wheel, CLOUDWARD_PACKAGES=sysconfig.get_path("purelib"))
    assert "the portal is there" in told


@pytest.mark.exam
def test_it_fetches_its_packages(wheel: Path) -> None:
    assert "the portal is there" in tried(wheel)


def tried(wheel: Path, **more: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLOUDWARD_")}
    told = subprocess.run(
        [DEPLOY / "try.sh", wheel], env={**environment, **more}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout
