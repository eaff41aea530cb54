"""Since when policies find something, and scores without their documents."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "standing",
        sa.Column("scope", KEY, nullable=False),
        sa.Column("policy", KEY, nullable=False),
        sa.Column("oldest", sa.BigInteger(), nullable=False),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "policy"),
        sqlite_with_rowid=False,
    )
    op.create_index("standing_by_policy", "standing", ["policy", "scope", "oldest", "newest"])
    ages = "min(since), max(since) FROM assessments WHERE status = 0 AND exemption IS NULL GROUP BY"
    op.execute(f"INSERT INTO standing SELECT scope, policy, {ages} scope, policy")
    op.execute(f"INSERT INTO standing SELECT 0, policy, {ages} policy")
    op.add_column("scores", sa.Column("max", sa.Float(), nullable=False, server_default="0"))
    op.add_column("scores", sa.Column("weight", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("scores", sa.Column("least", sa.BigInteger(), nullable=True))
    op.add_column("scores", sa.Column("most", sa.BigInteger(), nullable=True))
    names = ("scope", "scan", "max", "weight", "least", "most", "document")
    scores = sa.table("scores", *map(sa.column, names))
    bind, c = op.get_bind(), scores.c
    for scope, scan in bind.execute(sa.select(c.scope, c.scan)).all():
        here = (c.scope == scope) & (c.scan == scan)
        made = json.loads(bind.scalar(sa.select(c.document).where(here)) or "{}")
        least, most = made.get("weight_bounds") or (None, None)
        values = {"max": made["max"], "weight": made["weight"], "least": least, "most": most}
        bind.execute(sa.update(scores).where(here).values(**values))
