"""An index of people's codings: a re-run asks for them first, and they are few among millions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BY_PEOPLE = "codings.coder LIKE 'human:%'"


def upgrade() -> None:
    """Add the index; nothing that is there changes."""
    op.create_index(
        "codings_by_people",
        "codings",
        ["id"],
        sqlite_where=sa.text(BY_PEOPLE),
        postgresql_where=sa.text(BY_PEOPLE),
    )
