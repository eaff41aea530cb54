"""The program as its own tests run it."""

from tests.cli.conftest import cache, cloudward, home, process

__all__ = ["cache", "cloudward", "home", "process"]
