"""What was learnt of behaviour, and why an alert was raised."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "baselines",
        sa.Column("detection", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("detection", "scope", "entity"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "baseline_days",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("learnt", sa.BigInteger(), nullable=False),
        sa.Column("unlearnt", sa.Boolean(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "day"),
    )
    op.create_table(
        "baseline_sources",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "baseline_counts",
        sa.Column("detection", sa.Text(), nullable=False),
        sa.Column("evicted", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("detection"),
    )
    op.add_column("alerts", sa.Column("reasons", sa.Text(), nullable=False, server_default="[]"))
