"""Units, codebooks and tags for the stage matcher, and the matcher on a reader of a few lines."""

import pandas as pd

from journeyqual import schema
from journeyqual.codebook import from_dict
from journeyqual.coding.stage import StageMatcher
from tests.coding.word_encoder import MATCHER, WordReader

BOOK = from_dict(
    {
        "name": "Bike",
        "stage": [
            {"name": "buying", "definition": "buying, price", "touchpoints": ["website", "shop"]},
            {"name": "using", "definition": "riding every day", "touchpoints": ["website", "rain"]},
        ],
    }
)


def code(units, reader=None, settings=MATCHER, tags=None, book=BOOK, **options):
    units = schema.check(units, schema.UNITS_IN)
    matcher = StageMatcher(reader or WordReader(), settings, tags=tags, **options)
    return matcher.code(units, book)


def said(*texts, interview="i"):
    """Make one interview of these texts."""
    ids = [f"{interview}{n}" for n in range(len(texts))]
    return pd.DataFrame(
        {"unit_id": ids, "interview": interview, "order": range(len(texts)), "text": texts}
    )


def stages(*names):
    return from_dict({"name": "x", "stage": [{"name": name} for name in names]})


def tagged(n=8):
    """Make units whose stage only tags can tell: the codebook's words do not occur in them."""
    rows = []
    for i in range(2 * n):
        word, stage = (("apple", "buying"), ("stone", "using"))[i % 2]
        rows.append((f"t{i}", f"iv{i // 2 % 4}", i, f"{word} number{i}", stage))
    return pd.DataFrame(rows, columns=["unit_id", "interview", "order", "text", "stage"])
