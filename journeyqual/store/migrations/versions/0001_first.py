"""The first schema: interviews with their frozen text, turns, units, codings, runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table of the first schema."""
    op.create_table(
        "interviews",
        sa.Column("interview", sa.String, primary_key=True),
        sa.Column("participant", sa.String, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("read_at", sa.String, nullable=False),
    )
    op.create_index("ix_interviews_participant", "interviews", ["participant"])
    op.create_index("ix_interviews_source", "interviews", ["source"])
    op.create_index("ix_interviews_sha256", "interviews", ["sha256"])
    op.create_table(
        "turns",
        sa.Column("interview", sa.String, sa.ForeignKey("interviews.interview"), primary_key=True),
        sa.Column("turn_index", sa.Integer, primary_key=True),
        sa.Column("speaker", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("start_char", sa.Integer, nullable=False),
        sa.Column("end_char", sa.Integer, nullable=False),
        sa.Column("start_s", sa.Float),
        sa.Column("end_s", sa.Float),
    )
    op.create_table(
        "units",
        sa.Column("unit_id", sa.String(16), primary_key=True),
        sa.Column("interview", sa.String, sa.ForeignKey("interviews.interview"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("turn_index", sa.Integer, nullable=False),
        sa.Column("start_char", sa.Integer, nullable=False),
        sa.Column("end_char", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("start_s", sa.Float),
        sa.Column("end_s", sa.Float),
        sa.Column("order", sa.Integer, nullable=False),
    )
    op.create_index("ix_units_interview", "units", ["interview"])
    op.create_table(
        "codings",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("unit_id", sa.String, sa.ForeignKey("units.unit_id"), nullable=False),
        sa.Column("dimension", sa.String, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("coder", sa.String, nullable=False),
        sa.Column("confidence", sa.Float),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("memo", sa.Text, nullable=False),
        sa.Column("coded_at", sa.String, nullable=False),
        sa.Column("codebook_version", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("codings_by_unit", "codings", ["unit_id", "dimension"])
    op.create_table(
        "coded",
        sa.Column("interview", sa.String, sa.ForeignKey("interviews.interview"), primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
    )
    op.create_table(
        "refusals",
        sa.Column("source", sa.String(64), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("refused_at", sa.String, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("run", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("started_at", sa.String, nullable=False),
        sa.Column("finished_at", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("interviews_in", sa.Integer, nullable=False),
        sa.Column("units_coded", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
