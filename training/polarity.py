"""What the GoEmotions labels are worth as valence; apart, so that it loads without the package."""

POLARITY = {
    "admiration": 0.8, "amusement": 0.5, "anger": -0.9, "annoyance": -0.6, "approval": 0.5,
    "caring": 0.4, "confusion": -0.2, "curiosity": 0.1, "desire": 0.0, "disappointment": -0.7,
    "disapproval": -0.6, "disgust": -0.9, "embarrassment": -0.5, "excitement": 0.8, "fear": -0.7,
    "gratitude": 0.9, "grief": -0.9, "joy": 0.9, "love": 0.9, "nervousness": -0.5,
    "optimism": 0.5, "pride": 0.7, "realization": 0.0, "relief": 0.6, "remorse": -0.6,
    "sadness": -0.8, "surprise": 0.1, "neutral": 0.0,
}  # fmt: skip
"""Valence of the GoEmotions labels, set by hand before any figure was seen."""
