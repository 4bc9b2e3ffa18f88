"""Pseudonyms before storage: names are gone from words, speakers and ids before anything is kept.

`names` hides the names that are listed or heard, `forms` knows what has a form (e-mail addresses,
phone numbers, accounts, addresses), `network` finds names that nobody listed.
"""

from journeyqual.privacy.detect import DETECTORS, Detector
from journeyqual.privacy.names import (
    MAX_BYTES,
    NAME,
    Pseudonyms,
    for_turns,
    is_full_name,
    load_names,
    pseudonymise,
    pseudonyms,
    stand_in,
)
from journeyqual.privacy.stems import without_name

__all__ = [
    "DETECTORS",
    "MAX_BYTES",
    "NAME",
    "Detector",
    "Pseudonyms",
    "for_turns",
    "is_full_name",
    "load_names",
    "pseudonymise",
    "pseudonyms",
    "stand_in",
    "without_name",
]
