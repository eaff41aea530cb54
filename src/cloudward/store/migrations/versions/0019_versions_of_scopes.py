"""Scopes have a version, by which it is known that none of them has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("scopes", sa.Column("version", sa.BigInteger(), nullable=False, server_default="0"))
