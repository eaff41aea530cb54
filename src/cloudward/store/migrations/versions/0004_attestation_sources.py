"""Which file owns an attestation."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("attestations", sa.Column("source", sa.Text(), nullable=True))
