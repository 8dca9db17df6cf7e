"""How the SDKs reach their servers."""

import ssl
from typing import TYPE_CHECKING

from evolve.llm.account import is_loopback

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS = 10.0


def timeouts(seconds: float) -> "httpx2.Timeout":
    """Return how long to wait for an answer, and less for the connection."""
    import httpx2

    return httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))


def direct(address: str) -> "httpx2.Client | None":
    """Return a client that goes past any proxy, for an address on this machine; else None, the SDK's own client."""
    import httpx2

    if not is_loopback(address):
        return None
    encrypted = address.startswith("https:")
    verify = True if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and loads nothing
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)
    return httpx2.Client(verify=verify, trust_env=False, limits=limits, follow_redirects=True)
