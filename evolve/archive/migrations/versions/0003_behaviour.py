"""What tells candidates apart that decide alike."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; what is there was judged without it."""
    op.add_column("evaluation", sa.Column("behaviour", sa.String(40), nullable=False, server_default=""))
