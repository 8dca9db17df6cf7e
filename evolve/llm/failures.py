"""What a failed call means: try again, end the run, or a refusal of this prompt alone."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from evolve.llm.account import Account
from evolve.llm.base import Answer, Ending, Transient, Unusable, Usage

AGAIN = {408, 409, 425, 429}
CROWDED = {429, 503, 529}
UNANSWERED = {502, 504, 524}
"""A gateway lost the answer of the server behind it, which may have been paid for."""

SPENT = {"insufficient_quota", "billing_error", "billing_hard_limit_reached", "billing_not_active"}
FILTERED = {"content_filter", "content_policy_violation", "invalid_prompt"}

ADVICE = {
    401: "check {key}",
    402: "top up the account, then `evolve resume`",
    403: "the key in {key} must be allowed to use this model from here",
    404: "check the model's name and base_url",
    413: "the prompt is too long for this provider: use another model",
}
OTHERWISE = "check the model's name and its settings"


def refusal(account: Account, status: int, headers: Mapping[str, str], body: str) -> Answer:
    """Return a refusal of the prompt that came as an error; raise for every other error.

    Nothing is chained: what the SDK raised holds the provider's words as they are, and these may echo a key.

    Args:
        status: The HTTP status, 400 or above.
        headers: Names in lower case, or a mapping that does not mind.

    Raises:
        Transient: Another try may succeed.
        Unusable: No try will.
    """
    words, kinds = _told(body)
    said = f"{account.provider}:{account.model}: status {status}: {account.quoted(words) or 'no reason given'}"
    if status == 400 and kinds & FILTERED:
        return Answer("", Ending.REFUSED, Usage(), request=request_of(headers), detail=account.quoted(words))
    if kinds & SPENT:
        raise Unusable(f"{said}: {ADVICE[402]}") from None
    if headers.get("x-should-retry") == "false" and (status in AGAIN or status >= 500):
        raise Unusable(f"{said}: the server asks not to try again", billed=status in UNANSWERED) from None
    if status in AGAIN or status >= 500:
        raise Transient(said, wait=_wait(headers), crowded=status in CROWDED, billed=status in UNANSWERED) from None
    raise Unusable(f"{said}: {ADVICE.get(status, OTHERWISE).format(key=account.key_variable)}") from None


def lost(account: Account, cause: BaseException | None) -> Transient | Unusable:
    """Return what a call means that ended without an answer.

    Args:
        cause: What the HTTP client raised.
    """
    import httpx2  # comes with the SDK that made the call

    where = account.address or "the provider"
    said = f"{account.provider}:{account.model}: {type(cause).__name__}: {account.quoted(str(cause))}"
    match cause:
        case httpx2.UnsupportedProtocol() | httpx2.LocalProtocolError():
            return Unusable(f"{said}: check base_url and {account.key_variable}")
        case httpx2.ConnectError() | httpx2.ConnectTimeout():
            return Transient(f"{said}: no connection to {where}")
        case httpx2.PoolTimeout() | httpx2.WriteError() | httpx2.WriteTimeout() | httpx2.ProxyError():
            return Transient(said)
        case _:
            return Transient(said, billed=True)


def request_of(headers: Mapping[str, str]) -> str:
    """Return the server's id of a call; empty if it gives none."""
    return headers.get("x-request-id") or headers.get("request-id") or ""


def _told(body: str) -> tuple[str, set[str]]:
    """Return the message of an error, and the words that say of what kind it is."""
    try:
        told: object = json.loads(body)
    except (ValueError, RecursionError):
        return body, set()
    if isinstance(told, list) and told:
        told = told[0]
    error: object = told.get("error", told) if isinstance(told, dict) else told
    if not isinstance(error, dict):
        return str(error), set()
    details = error.get("details")
    kinds = {error.get("code"), error.get("type"), details.get("error_code") if isinstance(details, dict) else None}
    words = error.get("message") or error.get("detail") or ""
    return str(words), {kind for kind in kinds if isinstance(kind, str)}


def _wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks to wait, in any of the three forms in use."""
    text, unit = headers.get("retry-after-ms"), 0.001
    if text is None:
        text, unit = headers.get("retry-after"), 1.0
    if text is None:
        return None
    try:
        seconds = float(text) * unit
    except ValueError:
        seconds = _until(text)
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _until(text: str) -> float:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return math.nan
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()
