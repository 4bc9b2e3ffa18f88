"""An optional coder: a chat model behind an OpenAI-compatible endpoint, on this machine or not.

Nothing here is used unless somebody asks for it by name (``journeyqual llm``); then the words of
units go to the endpoint that was named, and nowhere else. What comes back is a stranger's text: it
is held against the codebook and against the unit before anything of it is kept.
"""

from journeyqual.coding.chat.answers import Answer, read
from journeyqual.coding.chat.coder import PREFIX, ChatCoder, Judged, portions
from journeyqual.coding.chat.endpoint import KEY_VARIABLE, Endpoint, Usage

__all__ = [
    "KEY_VARIABLE", "PREFIX", "Answer", "ChatCoder", "Endpoint", "Judged", "Usage", "portions",
    "read",
]  # fmt: skip
