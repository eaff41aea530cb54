"""`cloudward version`."""

from __future__ import annotations

from cloudward.cli.options import Format, Output
from cloudward.cli.output import Column, Listing, write

LISTING = Listing(
    "component",
    {"name": "`cloudward`, `python` or a library", "version": "its version"},
    (Column("name"), Column("version")),
)
LIBRARIES = ("boto3", "cel-expr-python", "duckdb", "pyarrow", "sqlalchemy")


def version(output: Output = Format.TABLE) -> None:
    """Say which version this is."""
    import platform
    from importlib.metadata import version as installed

    versions = {"cloudward": installed("cloudward"), "python": platform.python_version()}
    versions |= {library: installed(library) for library in LIBRARIES}
    write(LISTING, ({"name": name, "version": version} for name, version in versions.items()), output)
