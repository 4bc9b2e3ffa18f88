"""People at work: actions, assignments, draws, codebooks, and corrected transcripts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what several coders need; nothing that is there changes."""
    op.add_column(
        "interviews", sa.Column("version", sa.Integer, nullable=False, server_default="1")
    )
    op.add_column(
        "units",
        sa.Column("current", sa.Boolean, nullable=False, server_default=sa.text("true")),
    )
    for name in ("action", "undoes"):
        op.add_column("codings", sa.Column(name, sa.String(36), nullable=False, server_default=""))
    op.add_column("codings", sa.Column("part", sa.Integer, nullable=False, server_default="0"))
    op.add_column("codings", sa.Column("origin", sa.String, nullable=False, server_default=""))
    op.create_index(
        "codings_once",
        "codings",
        ["action", "part"],
        unique=True,
        sqlite_where=sa.text("action <> ''"),
        postgresql_where=sa.text("action <> ''"),
    )
    op.create_table(
        "earlier_texts",
        sa.Column("interview", sa.String, sa.ForeignKey("interviews.interview"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("read_at", sa.String, nullable=False),
    )
    op.create_table(
        "moved_units",
        sa.Column("unit_id", sa.String(16), sa.ForeignKey("units.unit_id"), primary_key=True),
        sa.Column("to", sa.String(16), nullable=False),
        sa.Column("how", sa.String, nullable=False),
        sa.Column("similarity", sa.Float),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("interview", sa.String, sa.ForeignKey("interviews.interview"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_moved_units_interview", "moved_units", ["interview"])
    op.create_table(
        "assignments",
        sa.Column("interview", sa.String, sa.ForeignKey("interviews.interview"), primary_key=True),
        sa.Column("coder", sa.String, primary_key=True),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.Column("assigned_at", sa.String, nullable=False),
        sa.Column("done_at", sa.String, nullable=False),
    )
    op.create_table(
        "draws",
        sa.Column("draw", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("made_at", sa.String, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "draw_units",
        sa.Column("draw", sa.Integer, sa.ForeignKey("draws.draw"), primary_key=True),
        sa.Column("unit_id", sa.String(16), sa.ForeignKey("units.unit_id"), primary_key=True),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("place", sa.Integer),
    )
    op.create_table(
        "codebooks",
        sa.Column("version", sa.String, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("saved_at", sa.String, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
