"""One OpenAI-compatible endpoint: a request at a time, patient with trouble, within limits."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import threading
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from journeyqual.errors import InputError, ModelError

if TYPE_CHECKING:
    import tenacity

KEY_VARIABLE = "JOURNEYQUAL_LLM_KEY"
"""Environment variable with the endpoint's key; it is written nowhere and shown nowhere."""
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Answers that may be another one in a minute."""
LARGEST = 2_000_000
"""Bytes of an answer that are read."""
PATIENCE = 120.0
"""Seconds that an endpoint may ask us to wait."""
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,99}")
_CODE = re.compile(r"[A-Za-z][A-Za-z_ -]{0,59}")
_ASKING = ("json_schema", "json_object", "")
"""Ways to ask for JSON, the strictest first; not every endpoint knows each."""


class _PassingError(Exception):
    """Trouble that may pass.

    Parameters
    ----------
    reason
        In words.
    wait
        Seconds that the endpoint asked for.
    """

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass
class Usage:
    """What was asked so far: requests, those of them that were begun again, tokens as told."""

    requests: int = 0
    again: int = 0
    tokens: int = 0


@dataclass
class Endpoint:
    """Where a chat model is reached.

    Parameters
    ----------
    url
        Up to and without ``/chat/completions``: ``http://localhost:11434/v1``.
    model
        As the endpoint calls it.
    key
        Sent as bearer token; None takes it from the environment, blank sends none.
    seed
        Sent along; whether the endpoint keeps to it is its own affair.
    timeout
        Seconds that one answer may take in all.
    tries
        How often a request is made before the endpoint counts as gone.
    pause
        Seconds before the second try; doubled for each further one.
    plain
        Whether words may go unencrypted to another machine.

    Raises
    ------
    InputError
        If the address or the model's name is none, or words would travel unencrypted.

    Examples
    --------
    >>> Endpoint("http://localhost:11434/v1", "llama3.1:8b").is_local
    True
    >>> Endpoint("http://example.org/v1", "m")
    Traceback (most recent call last):
    ...
    journeyqual.errors.InputError: words would go to example.org unencrypted; use https, or \
--plain-http on a network of your own
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    seed: int = 0
    timeout: float = 120.0
    tries: int = 5
    pause: float = 1.0
    plain: bool = False
    usage: Usage = field(default_factory=Usage)

    def __post_init__(self) -> None:
        """Refuse what cannot be reached or must not be."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(
                "that is no address of an endpoint", remedy="name it as http://localhost:11434/v1"
            )
        if parts.username or parts.password or parts.query or parts.fragment:
            raise InputError(
                "an endpoint's address holds no key and no question mark",
                remedy=f"put the key into the environment as {KEY_VARIABLE}",
            )
        if not _MODEL.fullmatch(self.model):
            raise InputError("that is no model's name", remedy="letters, digits and . _ : / + -")
        if parts.scheme == "http" and not self.is_local and not self.plain:
            raise InputError(
                f"words would go to {self.host} unencrypted",
                remedy="use https, or --plain-http on a network of your own",
            )
        if self.key is None:
            self.key = os.environ.get(KEY_VARIABLE, "")
        try:
            import httpx
            import tenacity
        except ModuleNotFoundError as error:
            raise InputError(
                f"chat models need {error.name}, which is not installed",
                remedy='pip install "journeyqual[llm]" -c constraints.txt',
            ) from None
        self._asking = 0
        self._counting = threading.Lock()
        # A redirect would carry words elsewhere. A proxy of the environment is the user's own, but
        # has no business between two programs of one machine.
        self._client = httpx.Client(
            timeout=self.timeout, follow_redirects=False, trust_env=not self.is_local
        )
        self._patient = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_PassingError),
            stop=tenacity.stop_after_attempt(self.tries),
            wait=self._wait,
            before_sleep=lambda state: self._count(again=1),
            reraise=True,
        )

    def _wait(self, state: tenacity.RetryCallState) -> float:
        import tenacity

        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, _PassingError) else 0.0
        # With some chance in it: those who were refused together must not come back together.
        longer = tenacity.wait_exponential(self.pause, max=60.0)
        return max(asked, longer(state) + tenacity.wait_random(0.0, self.pause)(state))

    def _count(self, **more: int) -> None:
        with self._counting:
            for name, number in more.items():
                setattr(self.usage, name, getattr(self.usage, name) + number)

    @property
    def host(self) -> str:
        """The machine that words go to."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def close(self) -> None:
        """Close what connections there are."""
        self._client.close()

    def ask(self, messages: list[dict[str, str]], form: dict[str, Any]) -> str:
        """Return what the model answers; blank if it has nothing to say.

        Parameters
        ----------
        messages
            The chat so far.
        form
            JSON schema of the answer; an endpoint that knows no schemas is asked for JSON only.

        Raises
        ------
        ModelError
            If the endpoint refuses, or is not there after all tries.
        """
        try:
            return self._patient.copy()(self._once, messages, form)
        except _PassingError as error:
            raise ModelError(
                f"{self.host} gives no answer after {self.tries} tries: {error}",
                remedy="what was coded is stored; run it again later",
            ) from None

    def _once(self, messages: list[dict[str, str]], form: dict[str, Any]) -> str:
        while True:
            way = self._asking
            status, headers, body = self._post(messages, form, _ASKING[way])
            if status in (400, 422) and way + 1 < len(_ASKING):
                # It may not know this way to ask for JSON; threads may have found out, too.
                self._asking = max(self._asking, way + 1)
                continue
            break
        if status in PASSING:
            raise _PassingError(
                _words(status, body), _asked_to_wait(headers.get("retry-after", ""))
            )
        if status in (401, 403):
            raise ModelError(
                f"{self.host} refuses: {_words(status, body)}",
                remedy=f"set its key in the environment as {KEY_VARIABLE}",
            )
        if status == 404:
            raise ModelError(
                f"{self.host} knows no such address or model ({self.model})",
                remedy="the address ends before /chat/completions, often in /v1",
            )
        if status != 200:
            raise ModelError(f"{self.host} refuses: {_words(status, body)}")
        return self._content(body)

    def _post(
        self, messages: list[dict[str, str]], form: dict[str, Any], way: str
    ) -> tuple[int, dict[str, str], bytes]:
        import httpx

        asked: dict[str, Any] = {
            "model": self.model, "messages": messages, "temperature": 0, "seed": self.seed,
        }  # fmt: skip
        if way == "json_schema":
            schema = {"name": "codings", "strict": True, "schema": form}
            asked["response_format"] = {"type": way, "json_schema": schema}
        elif way:
            asked["response_format"] = {"type": way}
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        self._count(requests=1)
        # A timeout of one read does not end an answer that drips.
        last = time.monotonic() + self.timeout
        try:
            with self._client.stream(
                "POST", f"{self.url.rstrip('/')}/chat/completions", json=asked, headers=headers
            ) as response:
                body = b""
                for part in response.iter_bytes():
                    body += part
                    if len(body) > LARGEST:
                        raise ModelError(f"{self.host} answers with over {LARGEST:,} bytes")
                    if time.monotonic() > last:
                        raise _PassingError(f"no whole answer in {self.timeout:.0f} s")
                return response.status_code, dict(response.headers), body
        except httpx.TimeoutException:
            raise _PassingError(f"no answer in {self.timeout:.0f} s") from None
        except httpx.TransportError as error:
            raise _PassingError(type(error).__name__) from None

    def _content(self, body: bytes) -> str:
        try:
            answer = json.loads(body)
            content = answer["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError):
            # Cut short on its way, or by the model's own limit: it may be whole the next time.
            raise _PassingError("an answer that is cut short") from None
        usage = answer.get("usage")
        total = usage.get("total_tokens") if isinstance(usage, dict) else None
        if isinstance(total, int):
            self._count(tokens=total)
        return content if isinstance(content, str) else ""


def _words(status: int, body: bytes) -> str:
    """Return a refusal in words: its number, and its code if that is one. Never the body's words.

    A body may quote what was sent, and that is what somebody said.
    """
    try:
        error = json.loads(body)["error"]
        code = error.get("code") or error.get("type")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        code = None
    named = isinstance(code, str) and _CODE.fullmatch(code)
    return f"status {status}, {code}" if named else f"status {status}"


def _asked_to_wait(header: str) -> float:
    """Return the seconds that a ``Retry-After`` header asks for, within our patience."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except (TypeError, ValueError):
            return 0.0
    return min(max(seconds, 0.0), PATIENCE)
