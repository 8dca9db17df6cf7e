"""What tokens cost: the user's own table, or else the price list that comes with a library; never the network."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from evolve.llm.account import address_of, is_loopback
from evolve.llm.base import Usage
from evolve.llm.name import Name, parsed

Price = Callable[[Usage], float | None]
"""US dollars of a usage; None if it is not known."""

FREE = {"mailbox", "fake"}
MILLION = 1_000_000
CACHE_WRITE_FACTOR = 1.25
"""What writing to a cache costs against plain input, at the providers that charge for it."""

Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Rates(BaseModel):
    """US dollars per million tokens.

    Attributes:
        input: Read, and not from a cache.
        output: Written, reasoning included.
        cached: Read from the provider's cache; as `input` if not given.
        cache_write: Read and written to the cache; 1.25 times `input` if not given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Dollars
    output: Dollars
    cached: Dollars | None = None
    cache_write: Dollars | None = None

    def __call__(self, usage: Usage) -> float:
        """Return the dollars of a usage."""
        cached = self.input if self.cached is None else self.cached
        cache_write = self.input * CACHE_WRITE_FACTOR if self.cache_write is None else self.cache_write
        plain = max(usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens, 0)
        dollars = plain * self.input + usage.cached_tokens * cached + usage.cache_write_tokens * cache_write
        return (dollars + usage.output_tokens * self.output) / MILLION


NOTHING = Rates(input=0, output=0)

_TABLE = TypeAdapter(dict[str, Rates])


def table_of(prices: Mapping[str, Mapping[str, float]]) -> dict[str, Rates]:
    """Return the user's price table, checked.

    Args:
        prices: By "provider:name", US dollars per million tokens; see `Rates`.

    Raises:
        ValueError: A key or value is not valid; the message names it.
    """
    try:
        return _TABLE.validate_python({name: dict(rates) for name, rates in prices.items()})
    except ValidationError as error:
        problem = error.errors()[0]
        where, key = ".".join(f'"{part}"' for part in problem["loc"]), str(problem["loc"][-1])
        close = difflib.get_close_matches(key, Rates.model_fields, n=1)
        hint = f": did you mean {close[0]!r}?" if problem["type"] == "extra_forbidden" and close else ""
        raise ValueError(f"prices.{where}: {problem['msg']}{hint}") from error


def price_of(name: str, base_url: str, table: Mapping[str, Rates]) -> Price:
    """Return the price of a model.

    Args:
        name: As "provider:name".
        base_url: The setting; empty is the provider's own, or what the environment says.
        table: The user's own prices, which win.
    """
    if name in table:
        return table[name]
    which = parsed(name)
    address = address_of(which.provider, base_url)
    if which.provider in FREE or (which.provider == "openai-compatible" and is_loopback(address)):
        return NOTHING
    return lambda usage: _listed(which, address, usage)


def unpriced(names: Iterable[str], prices: Mapping[str, Mapping[str, float]], base_url: str = "") -> list[str]:
    """Return those models whose price is not known: no cap on dollars can be kept with them."""
    table = table_of(prices)
    return [name for name in names if price_of(name, base_url, table)(Usage(1, 1)) is None]


def _listed(which: Name, address: str, usage: Usage) -> float | None:
    """Return the price by the list that is installed; it is updated only by installing a newer one."""
    from genai_prices import calc_price, types  # takes half a second to import

    told = types.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )
    try:
        if which.provider == "openai-compatible":
            found = calc_price(told, which.model, provider_api_url=re.sub(r"/*$", "/", address))
        else:
            found = calc_price(told, which.model, provider_id=which.provider)
    except (LookupError, ValueError):
        return None
    priced = found.model_price.__dict__
    if priced.get("input_mtok") is None or priced.get("output_mtok") is None:
        return None
    return float(found.total_price)
