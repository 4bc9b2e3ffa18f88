"""``python -m journeyqual.cli`` is ``journeyqual``."""

from journeyqual.cli import main

main()
