"""What language models bring: more about the cost of a candidate, and why an answer is no heuristic."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; what is there was written by local proposers, or by none that told more."""
    columns = (
        sa.Column("cached_tokens", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reasoning_tokens", sa.Integer, nullable=False, server_default="0"),
        sa.Column("priced", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("estimated", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("flaw_cause", sa.String(80), nullable=False, server_default=""),
        sa.Column("flaw", sa.Text, nullable=False, server_default=""),
    )
    for column in columns:
        op.add_column("candidate", column)
