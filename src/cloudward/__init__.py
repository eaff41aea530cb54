"""cloudward: cloud-native application protection on your own machine.

Importing this imports nothing else; what it offers is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudward import errors
    from cloudward.api import Answer, ScanResult, detect, detections, policies, scan_aws, scan_file

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "ScanResult",
    "detect",
    "detections",
    "errors",
    "policies",
    "scan_aws",
    "scan_file",
]


def __getattr__(name: str) -> Any:
    if name in ("errors", "detect"):
        return import_module(f"cloudward.{name}")
    if name in __all__:
        return getattr(import_module("cloudward.api"), name)
    raise AttributeError(f"module 'cloudward' has no attribute {name!r}")
