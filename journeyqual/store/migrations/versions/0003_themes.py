"""Themes: when they were looked for, what was found, which units are of them, what people said."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of themes; nothing that is there changes."""
    op.create_table(
        "theme_rounds",
        sa.Column("scope", sa.String, primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("left_over", sa.Integer, nullable=False),
        sa.Column("upto", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("found_at", sa.String, nullable=False),
    )
    op.create_table(
        "themes",
        sa.Column("theme", sa.String(16), primary_key=True),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("centroid", sa.LargeBinary, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("encoder", sa.String, nullable=False),
        sa.Column("found_at", sa.String, nullable=False),
    )
    op.create_index("ix_themes_scope", "themes", ["scope"])
    op.create_table(
        "theme_quotes",
        sa.Column("theme", sa.String(16), sa.ForeignKey("themes.theme"), primary_key=True),
        sa.Column("unit_id", sa.String(16), sa.ForeignKey("units.unit_id"), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_table(
        "theme_units",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("unit_id", sa.String(16), sa.ForeignKey("units.unit_id"), nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("theme", sa.String(16), sa.ForeignKey("themes.theme")),
        sa.Column("similarity", sa.Float),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_theme_units_unit_id", "theme_units", ["unit_id"])
    op.create_index("ix_theme_units_theme", "theme_units", ["theme"])
    op.create_index(
        "theme_units_once",
        "theme_units",
        ["unit_id", "scope", "theme"],
        unique=True,
        sqlite_where=sa.text("theme IS NOT NULL"),
        postgresql_where=sa.text("theme IS NOT NULL"),
    )
    op.create_index(
        "theme_units_looked_at",
        "theme_units",
        ["unit_id", "scope"],
        unique=True,
        sqlite_where=sa.text("theme IS NULL"),
        postgresql_where=sa.text("theme IS NULL"),
    )
    op.create_table(
        "theme_events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("theme", sa.String(16), sa.ForeignKey("themes.theme"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_theme_events_theme", "theme_events", ["theme"])
