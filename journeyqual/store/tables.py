"""The store's tables, as SQLAlchemy knows them. A change here needs a migration beside it."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

HEAD = "0001"
"""The newest migration; a test compares it with the migrations' own head."""

metadata = MetaData()

interviews = Table(
    "interviews",
    metadata,
    Column("interview", String, primary_key=True),
    Column("participant", String, nullable=False, index=True),
    # A file's name may hold a person's: only its hash is kept, to know the file again.
    # Several interviews may come from one file (a survey).
    Column("source", String(64), nullable=False, index=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("read_at", String, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("interview", String, ForeignKey("interviews.interview"), primary_key=True),
    Column("turn_index", Integer, primary_key=True),
    Column("speaker", String, nullable=False),
    Column("role", String, nullable=False),
    Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    Column("start_s", Float),
    Column("end_s", Float),
)

units = Table(
    "units",
    metadata,
    Column("unit_id", String(16), primary_key=True),
    Column("interview", String, ForeignKey("interviews.interview"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("turn_index", Integer, nullable=False),
    Column("start_char", Integer, nullable=False),
    Column("end_char", Integer, nullable=False),
    # Beside the offsets, so that a coding can be placed again if the transcript is ever corrected.
    Column("text", Text, nullable=False),
    Column("start_s", Float),
    Column("end_s", Float),
    Column("order", Integer, nullable=False),
)

codings = Table(
    "codings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("unit_id", String, ForeignKey("units.unit_id"), nullable=False),
    Column("dimension", String, nullable=False),
    Column("value", Text, nullable=False),
    Column("coder", String, nullable=False),
    Column("confidence", Float),
    Column("status", String, nullable=False),
    Column("memo", Text, nullable=False),
    Column("coded_at", String, nullable=False),
    Column("codebook_version", String, nullable=False),
    Index("codings_by_unit", "unit_id", "dimension"),
    sqlite_autoincrement=True,
)

coded = Table(
    "coded",
    metadata,
    Column("interview", String, ForeignKey("interviews.interview"), primary_key=True),
    # Which coder under which codebook has been over the whole interview.
    Column("key", String, primary_key=True),
)

refusals = Table(
    "refusals",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("refused_at", String, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run", Integer, primary_key=True, autoincrement=True),
    Column("started_at", String, nullable=False),
    Column("finished_at", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("interviews_in", Integer, nullable=False),
    Column("units_coded", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)
