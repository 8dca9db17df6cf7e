"""The archive's tables. Rows are appended and never changed."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

SCHEMA = "0003"
"""The newest revision in `migrations/versions`."""

metadata = MetaData()

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created", Float, nullable=False),  # seconds since the epoch, as all moments here
    Column("settings", Text, nullable=False),  # JSON
    Column("version", String(40), nullable=False),
)

candidate = Table(
    "candidate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, ForeignKey("run.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("operator", String(40), nullable=False),
    Column("parents", Text, nullable=False),  # JSON list of numbers
    Column("idea", Text, nullable=False),
    Column("proposer", String(200), nullable=False),
    Column("source", Text, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("usd", Float, nullable=False),
    Column("transcript", Text, nullable=False),
    Column("cached_tokens", Integer, nullable=False, server_default="0"),
    Column("reasoning_tokens", Integer, nullable=False, server_default="0"),
    Column("priced", Boolean, nullable=False, server_default=true()),
    Column("estimated", Boolean, nullable=False, server_default=false()),
    Column("flaw_cause", String(80), nullable=False, server_default=""),
    Column("flaw", Text, nullable=False, server_default=""),
    UniqueConstraint("run_id", "number"),
)

evaluation = Table(
    "evaluation",
    metadata,
    Column("id", Integer, primary_key=True),  # ascending: the order in which candidates were judged
    Column("candidate_id", Integer, ForeignKey("candidate.id"), nullable=False),
    Column("split", String(20), nullable=False),
    Column("created", Float, nullable=False),
    Column("status", String(20), nullable=False, index=True),
    Column("measures", Text, nullable=False),  # JSON
    Column("per_instance", Text, nullable=False),  # JSON
    Column("seconds", Float, nullable=False),
    Column("message", Text, nullable=False),
    Column("cause", String(80), nullable=False),
    Column("isolation", String(20), nullable=False),
    Column("behaviour", String(40), nullable=False, server_default=""),
    UniqueConstraint("candidate_id", "split"),
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, ForeignKey("run.id"), nullable=False),
    Column("created", Float, nullable=False),
    Column("kind", String(40), nullable=False),  # "started", "ended", "test opened", "insights", "explained"
    Column("detail", Text, nullable=False),  # JSON
)
