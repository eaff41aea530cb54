"""Users, roles, sign-ins and tokens; the log of changes becomes a chain."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "users",
        _text("id"),
        _text("name"),
        _text("email", nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        _text("created_by"),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    _of_users(
        "credentials",
        _text("id"),
        _text("kind"),
        _text("name"),
        _text("secret"),
        _moment("created_at"),
        _moment("used", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    _of_users(
        "identities",
        _text("issuer"),
        _text("subject"),
        _text("groups"),
        _moment("created_at"),
        _moment("seen"),
        sa.PrimaryKeyConstraint("issuer", "subject"),
    )
    _of_users(
        "sessions",
        _text("id"),
        _text("digest"),
        _text("method"),
        _text("address"),
        _text("agent"),
        _moment("created_at"),
        _moment("seen"),
        _moment("verified"),
        _moment("expires"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("ix_sessions_expires", "sessions", ["expires"])
    _of_users(
        "tokens",
        _text("id"),
        _text("digest"),
        _text("name"),
        _text("role"),
        _text("scope"),
        _moment("created_at"),
        _moment("expires"),
        _moment("used", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "bindings",
        _text("id"),
        _text("holder"),
        _text("issuer"),
        _text("role"),
        _text("scope"),
        _text("created_by"),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bindings_holder", "bindings", ["holder"])
    op.create_table("spent", _text("id"), _moment("expires"), sa.PrimaryKeyConstraint("id"))
    op.create_index("ix_spent_expires", "spent", ["expires"])
    op.create_table("security", _text("name"), _text("document"), sa.PrimaryKeyConstraint("name"))
    _chain()


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _of_users(table: str, *columns: sa.schema.SchemaItem) -> None:
    user = sa.ForeignKeyConstraint(["user"], ["users.id"])
    op.create_table(table, _text("user"), *columns, user)
    op.create_index(f"ix_{table}_user", table, ["user"])


def _chain() -> None:
    """What was written before stands in the chain as it is found now."""
    op.add_column("revisions", _text("scope", nullable=True))
    op.add_column("revisions", sa.Column("digest", sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    rows = connection.exec_driver_sql(
        "SELECT key, at, who, kind, id, before, after FROM revisions ORDER BY key"
    ).all()
    digest = ""
    for key, at, who, kind, id, before, after in rows:
        text = json.dumps([digest, at, who, kind, id, None, before, after], ensure_ascii=False)
        digest = hashlib.sha256(text.encode()).hexdigest()
        change = sa.text("UPDATE revisions SET digest = :digest WHERE key = :key")
        connection.execute(change, {"digest": digest, "key": key})
    chain = op.create_table(
        "chain",
        sa.Column("id", sa.Integer(), nullable=False),
        _moment("length"),
        _text("digest"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(chain, [{"id": 1, "length": len(rows), "digest": digest}])
