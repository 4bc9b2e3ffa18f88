"""The store's tables, as SQLAlchemy knows them. A change here needs a migration beside it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

HEAD = "0005"
"""The newest migration; a test compares it with the migrations' own head."""

BY_PEOPLE = "codings.coder LIKE 'human:%'"
"""Which codings are people's, a few among millions: the condition of an index of their own."""

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
    # Raised when a corrected transcript takes the place of the stored text.
    Column("version", Integer, nullable=False, server_default="1"),
)

earlier = Table(
    "earlier_texts",
    metadata,
    # What an interview's stored text was before it was corrected.
    Column("interview", String, ForeignKey("interviews.interview"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False),
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
    # Units of an earlier text stay, for the codings that hang on them; nothing else reads them.
    Column("current", Boolean, nullable=False, server_default=text("true")),
)

moved = Table(
    "moved_units",
    metadata,
    # Where a unit of an earlier text is now; a blank `to` is a passage that is gone.
    Column("unit_id", String(16), ForeignKey("units.unit_id"), primary_key=True),
    Column("to", String(16), nullable=False),
    Column("how", String, nullable=False),
    Column("similarity", Float),
    Column("reason", Text, nullable=False),
    Column("interview", String, ForeignKey("interviews.interview"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
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
    # What one key press or click did bears one id: sent twice, it is stored once.
    Column("action", String(36), nullable=False, server_default=""),
    Column("part", Integer, nullable=False, server_default="0"),
    # The action that this one takes back.
    Column("undoes", String(36), nullable=False, server_default=""),
    # How a row came about, where nobody chose its value: clear, rename, merge, split, import.
    Column("origin", String, nullable=False, server_default=""),
    Index("codings_by_unit", "unit_id", "dimension"),
    Index(
        "codings_by_people",
        "id",
        sqlite_where=text(BY_PEOPLE),
        postgresql_where=text(BY_PEOPLE),
    ),
    Index(
        "codings_once",
        "action",
        "part",
        unique=True,
        sqlite_where=text("action <> ''"),
        postgresql_where=text("action <> ''"),
    ),
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

assignments = Table(
    "assignments",
    metadata,
    Column("interview", String, ForeignKey("interviews.interview"), primary_key=True),
    Column("coder", String, primary_key=True),
    # Until it is done, this coder sees nobody else's codings, and nobody sees theirs.
    Column("blind", Boolean, nullable=False),
    Column("assigned_at", String, nullable=False),
    Column("done_at", String, nullable=False),
)

draws = Table(
    "draws",
    metadata,
    Column("draw", Integer, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("made_at", String, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)

draw_units = Table(
    "draw_units",
    metadata,
    # Every unit that could be drawn has a row: whoever was not drawn had a chance, too.
    Column("draw", Integer, ForeignKey("draws.draw"), primary_key=True),
    Column("unit_id", String(16), ForeignKey("units.unit_id"), primary_key=True),
    Column("probability", Float, nullable=False),
    Column("place", Integer),
)

codebooks = Table(
    "codebooks",
    metadata,
    Column("version", String, primary_key=True),
    Column("content", Text, nullable=False),
    Column("saved_at", String, nullable=False),
    Column("note", Text, nullable=False),
)

theme_rounds = Table(
    "theme_rounds",
    metadata,
    # Each time that themes were looked for in a scope, with what came of it.
    Column("scope", String, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("units", Integer, nullable=False),
    # How many of them were left without a theme.
    Column("left_over", Integer, nullable=False),
    # The largest id of theme_units by then: what is beyond came later.
    Column("upto", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("found_at", String, nullable=False),
)

themes = Table(
    "themes",
    metadata,
    Column("theme", String(16), primary_key=True),
    Column("scope", String, nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("status", String, nullable=False),
    # The centre as little-endian float32, the numbers of one vector.
    Column("centroid", LargeBinary, nullable=False),
    Column("threshold", Float, nullable=False),
    # Vectors of another encoder cannot be held against the centre.
    Column("encoder", String, nullable=False),
    Column("found_at", String, nullable=False),
)

theme_quotes = Table(
    "theme_quotes",
    metadata,
    # The units that a theme is shown by. Rows of their own: a participant's can be erased.
    Column("theme", String(16), ForeignKey("themes.theme"), primary_key=True),
    Column("unit_id", String(16), ForeignKey("units.unit_id"), primary_key=True),
    Column("place", Integer, nullable=False),
)

theme_units = Table(
    "theme_units",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("unit_id", String(16), ForeignKey("units.unit_id"), nullable=False, index=True),
    Column("scope", String, nullable=False),
    # None: the unit was looked at and none of the scope's themes fits.
    Column("theme", String(16), ForeignKey("themes.theme"), index=True),
    Column("similarity", Float),
    Index(
        "theme_units_once",
        "unit_id",
        "scope",
        "theme",
        unique=True,
        sqlite_where=text("theme IS NOT NULL"),
        postgresql_where=text("theme IS NOT NULL"),
    ),
    Index(
        "theme_units_looked_at",
        "unit_id",
        "scope",
        unique=True,
        sqlite_where=text("theme IS NULL"),
        postgresql_where=text("theme IS NULL"),
    ),
    sqlite_autoincrement=True,
)

theme_events = Table(
    "theme_events",
    metadata,
    # What people said of a theme, oldest first: the last word of each kind counts.
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("theme", String(16), ForeignKey("themes.theme"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("value", Text, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    sqlite_autoincrement=True,
)

imported = Table(
    "imported",
    metadata,
    # What came from another program and has no table here: a code's colour, a note, a set. Kept so
    # that it goes out again as it came in.
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    # Blank where it is of no one interview; an interview's rows go when the interview goes.
    Column("interview", String, nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("content", Text, nullable=False),
)
