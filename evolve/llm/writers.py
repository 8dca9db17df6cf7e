"""From the name of a model to a writer: one readable assembly."""

from collections.abc import Mapping

from evolve.llm.account import address_of
from evolve.llm.base import Model, Writer
from evolve.llm.kept import Kept, Notes
from evolve.llm.limit import Limit, Limited
from evolve.llm.name import parsed
from evolve.llm.paying import Paying
from evolve.llm.prices import price_of, table_of
from evolve.llm.retry import Retrying
from evolve.proposers.base import Means
from problems.plugins import load

GROUP = "evolve.llms"


def writer_of(
    name: str,
    means: Means,
    *,
    effort: str,
    max_output_tokens: int,
    timeout: float,
    concurrency: int,
    tries: int,
    base_url: str,
    prices: Mapping[str, Mapping[str, float]],
    limits: dict[str, Limit],
) -> Writer:
    """Return a model with everything around it.

    Args:
        name: As "provider:name".
        means: What the run lends.
        effort: How much the model is to reason; empty leaves it to the model.
        max_output_tokens: Limit on what one answer takes, reasoning included.
        timeout: Seconds to wait for one answer.
        concurrency: How many calls of the provider may be under way at once.
        tries: How often a prompt is tried at most.
        base_url: Where the provider is reached; empty is its own address, or what the environment says.
        prices: The user's own, in US dollars per million tokens; see `evolve.llm.prices.Rates`.
        limits: The limits of all providers of the run; a new one is added to it.

    Raises:
        problems.plugins.UnknownPart: There is no such provider.
        ValueError: A setting is not valid.
    """
    which = parsed(name)
    if max_output_tokens < 1 or not timeout > 0:
        raise ValueError(f"max_output_tokens = {max_output_tokens} and timeout = {timeout} must be above 0")
    make = load(GROUP, which.provider)
    model: Model = make(
        which.model, means, effort=effort, max_output_tokens=max_output_tokens, timeout=timeout, base_url=base_url
    )
    price = price_of(name, base_url, table_of(prices))
    paying = Paying(model, price, means.ledger, Notes(means.folder), max_output_tokens)
    where = f"{which.provider} {address_of(which.provider, base_url)}"
    limited = Limited(paying, limits.setdefault(where, Limit(concurrency, means.stop)))
    return Kept(Retrying(limited, name, tries, means.stop), name, means.folder)
