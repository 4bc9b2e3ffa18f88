"""Interviews mapped over the processes of a Dask cluster, their results in the order they went in.

Dask's workers and its scheduler trust each other and whoever reaches them: what is sent is Python's
own pickle. Use a cluster of your own, behind TLS (`tls://`) where its network is not yours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from journeyqual.errors import InputError, JourneyqualError

Item = TypeVar("Item")
Done = TypeVar("Done")

AHEAD = 3
"""Tasks a worker that are under way at once: enough to keep it busy, few enough to stay small."""
RETRIES = 3
"""How often a task is begun again whose worker died."""


class Pool(Protocol):
    """Where work is done that is a function of what is handed in."""

    def each(
        self, function: Callable[[Any, Item], Done], shared: Any, items: Iterable[Item]
    ) -> Iterator[tuple[Item, Done]]:
        """Yield each item with what the function makes of it, in the order of the items.

        Parameters
        ----------
        function
            Called with ``shared`` and an item; the same again if a worker dies on it.
        shared
            Sent once to each worker.
        items
            Taken as they are needed.
        """
        ...


class Cluster:
    """A Dask cluster at work.

    Parameters
    ----------
    client
        A connected ``distributed.Client``.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def each(
        self, function: Callable[[Any, Item], Done], shared: Any, items: Iterable[Item]
    ) -> Iterator[tuple[Item, Done]]:
        """Yield each item with what the function makes of it, in the order of the items.

        Parameters
        ----------
        function, shared, items
            As for `Pool.each`.

        Raises
        ------
        JourneyqualError
            If a task was lost again and again with its worker, or the cluster is gone.
        """
        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        waiting: deque[tuple[Item, Any]] = deque()
        try:
            # A task, not a value laid down somewhere: what a dead worker held is made again.
            everywhere = self._client.submit(_same, shared, pure=False, retries=RETRIES)
            for item in items:
                # Not pure: equal batches are two tasks, and each is taken back once.
                future = self._client.submit(
                    function, everywhere, item, pure=False, retries=RETRIES
                )
                waiting.append((item, future))
                if len(waiting) > AHEAD * max(1, len(self._client.nthreads())):
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        except KilledWorker as error:
            raise JourneyqualError(
                "a task of the cluster was lost with its worker again and again",
                remedy="give the workers more memory; what was coded is stored, run it again",
            ) from error
        except (CommClosedError, TimeoutError, OSError) as error:
            raise JourneyqualError(
                f"the cluster is gone ({type(error).__name__})",
                remedy="what was coded is stored; start it and run again",
            ) from error
        finally:
            for _, future in waiting:
                future.cancel()


def _same(value: Item) -> Item:
    return value


@contextmanager
def cluster(address: str = "", *, workers: int = 0) -> Iterator[Cluster]:
    """Connect to a Dask cluster, or start one on this machine for as long as the block lasts.

    Parameters
    ----------
    address
        The scheduler's, ``tcp://HOST:8786``; blank starts workers here.
    workers
        How many to start, one thread each; for a cluster that is there, blank.

    Raises
    ------
    InputError
        If Dask is not installed, or nothing answers at that address.
    """
    try:
        import distributed
    except ImportError as error:
        raise InputError(
            "running on workers needs Dask", remedy='pip install "journeyqual[cluster]"'
        ) from error
    # Of its functions only some say what they take.
    dask: Any = distributed
    if address:
        try:
            client = dask.Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError(
                f"no Dask scheduler answers at {address}",
                remedy="name it as tcp://HOST:PORT; dask scheduler prints it when it starts",
            ) from error
        with client:
            yield Cluster(client)
        return
    with (
        dask.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            # No page that shows what is under way, and no port but on this machine.
            dashboard_address=None,
            host="127.0.0.1",
            env=dict.fromkeys(
                ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "JOURNEYQUAL_THREADS"), "1"
            ),
            silence_logs=50,
        ) as here,
        dask.Client(here, set_as_default=False) as client,
    ):
        yield Cluster(client)
