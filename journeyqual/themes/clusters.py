"""Where units gather: BERTopic, with what we hand it and nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from journeyqual.themes.centres import Vectors

NEIGHBOURS = 15
DIMENSIONS = 5


def clusters(
    texts: NDArray[np.object_], vectors: Vectors, size: int, *, seed: int
) -> NDArray[np.intp]:
    """Return BERTopic's cluster of each unit, -1 for none.

    Parameters
    ----------
    texts, vectors
        A row a unit, in an order that does not depend on who asks.
    size
        Units that a cluster must have.
    seed
        Of UMAP.
    """
    with _quiet():
        from bertopic import BERTopic
        from hdbscan import HDBSCAN
        from sklearn.feature_extraction.text import CountVectorizer
        from threadpoolctl import threadpool_limits
        from umap import UMAP

        n = len(vectors)
        layout = UMAP(
            n_neighbors=min(NEIGHBOURS, n - 1), n_components=min(DIMENSIONS, n - 2), min_dist=0.0,
            metric="cosine", random_state=seed, n_jobs=1,
        )  # fmt: skip
        density = HDBSCAN(
            # Leaves: with a dozen interviews the excess of mass finds two or three lumps.
            min_cluster_size=size, min_samples=min(size, 5), cluster_selection_method="leaf",
            core_dist_n_jobs=1,
        )  # fmt: skip
        # Themes get their words once they are final; BERTopic's own are not looked at. Two, because
        # it cannot weigh a single one.
        tokens = CountVectorizer(analyzer=lambda text: ["one", "other"])
        model = BERTopic(
            embedding_model=None, umap_model=layout, hdbscan_model=density, vectorizer_model=tokens
        )  # fmt: skip
        # Sums in another order differ in the last bit, and a layout with them.
        with threadpool_limits(1):
            labels, _ = model.fit_transform(texts.tolist(), vectors)
    return np.asarray(labels, dtype=np.intp)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to ourselves what these libraries say of each other's versions and of small data."""
    import logging
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("BERTopic").setLevel(logging.ERROR)
        yield
