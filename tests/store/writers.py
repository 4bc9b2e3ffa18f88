"""What the processes do that write into one store at once; they import as little as they can."""

import os

from journeyqual.store import Store
from tests.store.made import codings


def open_at_once(address, ready, go):
    """Open a store when everyone is there to open it."""
    ready.release()
    go.wait()
    Store(address).close()


def write(address, units, coder, count, ready, go, acknowledged=None):
    """Make codings, each an action of its own, and send every tenth of them twice.

    An action's id goes to the file ``acknowledged`` once the store has said that it is kept.
    """
    store = Store(address)
    rows = codings(units, coder)
    log = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if acknowledged else None
    ready.release()
    go.wait()
    for n in range(count):
        one = rows.iloc[[n % len(rows)]]
        action = f"{coder}-{n}"
        assert store.add_codings(one, action=action) == 1
        if log is not None:
            os.write(log, f"{action}\n".encode())
        if n % 10 == 0:
            assert store.add_codings(one, action=action) == 0
    store.close()
