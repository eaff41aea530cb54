"""Alerts, the events that they are made of, and suppressions."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    texts = (
        "detection",
        "title",
        "source",
        "scope",
        "region",
        "resource",
        "principal",
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("entities", sa.Text(), nullable=False),
        sa.Column("tactics", sa.Text(), nullable=False),
        sa.Column("techniques", sa.Text(), nullable=False),
        sa.Column("alert_types", sa.Text(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_by", sa.Text(), nullable=False),
        sa.Column("state_at", sa.BigInteger(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("suppression", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alerts_by_state", "alerts", ["state", "last"])
    op.create_index("alerts_by_scope", "alerts", ["scope", "last"])
    op.create_table(
        "alert_events",
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"]),
        sa.PrimaryKeyConstraint("alert", "event"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("detection", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
