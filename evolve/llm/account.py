"""Which provider, model, address and key; and what may be said about them."""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from evolve.llm.base import Unusable

LONGEST = 300
"""Characters that are quoted of what a provider says."""

_KEYS = re.compile(r"\b(?:sk|key)-[\w*.-]{6,}|(?<=Bearer )\S+")


def address_of(provider: str, base_url: str) -> str:
    """Return where a provider is reached: the setting, or else PROVIDER_BASE_URL; empty is the provider's own."""
    return base_url or os.environ.get(f"{_variable(provider)}_BASE_URL", "")


def is_loopback(address: str) -> bool:
    """Return whether an address is on this machine."""
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Account:
    """Who is called, and with what key.

    Attributes:
        address: The base URL; empty is the provider's own.
        key: Never to be shown, archived or logged.
    """

    provider: str
    model: str
    address: str
    key: str = field(repr=False)

    @property
    def key_variable(self) -> str:
        """The environment variable that the key comes from."""
        return f"{_variable(self.provider)}_API_KEY"

    def quoted(self, text: str) -> str:
        """Return what a provider says in one short line and without keys."""
        if self.key:
            text = text.replace(self.key, "[key]")
        line = " ".join(_KEYS.sub("[key]", text).split())
        return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def account(provider: str, model: str, base_url: str, placeholder: str = "") -> Account:
    """Return the account that the settings and the environment describe.

    Args:
        placeholder: Used where there is no key; empty if there must be one.

    Raises:
        Unusable: There is no key or no usable address.
    """
    address = address_of(provider, base_url)
    if address and not address.startswith(("http://", "https://")):
        raise Unusable(f"{provider}: base_url {address!r} is no address: write http://HOST:PORT/v1 or https://HOST/v1")
    found = Account(provider, model, address, "")
    key = os.environ.get(found.key_variable, "").strip() or placeholder
    if not key:
        raise Unusable(f"{provider} needs a key: set the environment variable {found.key_variable}")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise Unusable(f"{provider}: {found.key_variable} holds characters that are in no key: set it again")
    return Account(provider, model, address, key)


def _variable(provider: str) -> str:
    return provider.upper().replace("-", "_")
