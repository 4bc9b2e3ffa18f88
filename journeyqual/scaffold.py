"""New study folders: an empty one that runs as it is, and a copy of the invented sample study."""

from __future__ import annotations

import shutil
from pathlib import Path

from journeyqual.errors import ConfigError

_STUDY = """title = "{title}"
# note = "Stands on every report, for instance who may see it."
codebook = "codebook.toml"
participants = "participants.csv"
metrics = "metrics.csv"
seed = 1

[transcripts]
folder = "transcripts"
# Names, or patterns such as "Int*", of those who ask. Left empty, they are inferred, and it is
# said who.
interviewers = []

# Whose interview a file is; a file that is not named here belongs to the participant its name says
# (P01.vtt).
[transcripts.participants]
# "anna-2026-03-04.vtt" = "P01"

[privacy]
# Every name that is spoken, and what stands for it; names are replaced before anything is stored.
names = "names.csv"
# Looks for people, firms and towns that nobody listed, in English; "list" hides only listed names
# and e-mail addresses, phone and account numbers.
detector = "presidio"
# keep = ["Figma"]     # names that are no secret: products, places of the journey

[curve]
draws = 2000
thin_below = 5
# by = "segment"      # an attribute in participants.csv
"""

_README = """# {title}

1. Drop interviews into `transcripts/` (WebVTT, SubRip, text, Word, PDF, Excel, CSV).
2. Say in `study.toml` who asks, and whose interview each file is.
3. List every name that is spoken in `names.csv`; it becomes a pseudonym before anything is stored.
4. Look through `codebook.toml`: the stages of your customers' journey, in their order.
5. `journeyqual run .`, then open `reports/emotional_journey.html`.

Coding is kept in `store/`: people's work lives there, so back it up. `cache/` can always be
deleted.
Files in `notebooks/` are yours to change; `journeyqual run` uses its own copies.
"""


def package_data(kind: str) -> Path:
    """Return where the files shipped with journeyqual lie: ``data`` or ``notebooks``.

    They stand at the top of a checkout, and inside the package once it is installed from a wheel.
    """
    package = Path(__file__).parent
    installed = package / f"_{kind}"
    return installed if installed.is_dir() else package.parent / kind


def make_study(folder: Path) -> Path:
    """Make a study folder that runs as it is.

    Parameters
    ----------
    folder
        New, or without a ``study.toml``; files that are there are left as they are.

    Raises
    ------
    ConfigError
        If the folder is a study already, or is a file.
    """
    _fresh(folder)
    title = folder.resolve().name.replace('"', "'").replace("\\", "/")
    for name in ("transcripts", "notebooks", "reports"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    empty = {
        "README.md": _README.format(title=title),
        "participants.csv": (
            "participant,segment,verdict,consent_analyse,consent_quote,consent_until\n"
        ),
        "metrics.csv": "stage,metric,value,unit,better,period,group\n",
        "names.csv": "name,pseudonym\n",
    }
    for name, content in empty.items():
        if not (folder / name).exists():
            (folder / name).write_text(content, encoding="utf-8")
    if not (folder / "codebook.toml").exists():
        shutil.copyfile(
            package_data("data") / "codebooks" / "subscription.toml", folder / "codebook.toml"
        )
    _notebooks(folder)
    # Last: only a complete folder is a study.
    (folder / "study.toml").write_text(_STUDY.format(title=title), encoding="utf-8")
    return folder


def copy_sample(folder: Path) -> Path:
    """Copy the invented sample study into a new folder.

    Raises
    ------
    ConfigError
        If the folder is a study already, or is a file.
    """
    _fresh(folder)
    sample = package_data("data") / "sample"
    shutil.copytree(
        sample, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("study.toml", ".*")
    )
    (folder / "reports").mkdir(exist_ok=True)
    _notebooks(folder)
    shutil.copyfile(sample / "study.toml", folder / "study.toml")
    return folder


def _fresh(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder.name} is a file", remedy="name a folder")
    if (folder / "study.toml").exists():
        raise ConfigError(
            f"{folder.resolve().name} is a study already", remedy=f"journeyqual run {folder}"
        )


def _notebooks(folder: Path) -> None:
    target = folder / "notebooks"
    target.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(package_data("notebooks").glob("*.ipynb")):
        if not (target / notebook.name).exists():
            shutil.copyfile(notebook, target / notebook.name)
