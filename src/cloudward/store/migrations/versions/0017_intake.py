"""Tokens that bring events, batches of them, what came of which log, and how far was read."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    for name in ("source", "account"):
        op.add_column("tokens", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "batches",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("key", "token", "digest")),
        *(_number(name) for name in ("received", "evaluated", "records", "unparsed", "rejected")),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_batches_evaluated", "batches", ["evaluated"])
    op.create_table(
        "heard",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("source", "way")),
        *(_number(name) for name in ("records", "unparsed", "rejected", "received", "evaluated")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("first", "last")),
        sa.PrimaryKeyConstraint("source", "way"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoints",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        _number("at"),
        sa.PrimaryKeyConstraint("id"),
    )


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=False)
