from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cloudward.server import assets

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built once."""
    assets.renew()  # no two builds at once
    to = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(to)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (found,) = to.glob("*.whl")
    return found
