"""What the product says that raised an alert."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("alerts", sa.Column("original", sa.Text()))
