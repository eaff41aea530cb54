"""Migrations of the state database: one file a step under `versions`, run by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic.command import upgrade as _upgrade
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from cloudward.errors import StoreError


def configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run what is missing up to a revision, inside the caller's transaction."""
    try:
        _upgrade(configuration(connection), revision)
    except CommandError as error:
        raise StoreError(
            f"the store was written by a later version of cloudward: {error}", "update cloudward"
        ) from error
