"""No fast test loads BERTopic, MiniLM or spaCy."""

import pytest

from tests.themes.made import fake_clusters


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr("journeyqual.themes.finding.clusters", fake_clusters)
