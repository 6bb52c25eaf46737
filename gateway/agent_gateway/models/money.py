"""Puts together what keeps the budgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent_gateway.config import GatewayConfig
from agent_gateway.errors import ConfigError
from agent_gateway.inbox.access import Access
from agent_gateway.models.ledger import Ledger
from agent_gateway.models.limits import LimitKeeper
from agent_gateway.models.near import NearLimits
from agent_gateway.models.prices import PriceList, Prices, build_prices
from agent_gateway.models.providers import compute_name
from agent_gateway.resources.agentclasses import AgentClasses
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.spending import SpendingTeller
from agent_gateway.store import Store


@dataclass(frozen=True, slots=True)
class Money:
    """What keeps the budgets while this gateway leads.

    Attributes:
        ledger: Reserves and settles.
        limits: Brings limits of classes and settings into rows.
        teller: Writes what a conversation spent into its AgentThread.
    """

    ledger: Ledger
    limits: LimitKeeper
    teller: SpendingTeller


def build_money(
    config: GatewayConfig,
    store: Store,
    access: Access,
    classes: AgentClasses,
    resources: AgentThreads,
    check: Callable[[], None],
) -> Money:
    """Put it together.

    Raises:
        ConfigError: a price of the settings names no model.
    """
    near = NearLimits(store, access, config.tz)
    settings = {str(scope): budget for scope, budget in config.budgets.items()}
    return Money(
        Ledger(store, PriceList(build_own_prices(config)), config.tz, near.note),
        LimitKeeper(store, classes, settings, check),
        SpendingTeller(store, resources, check),
    )


def build_own_prices(config: GatewayConfig) -> dict[tuple[str, str], Prices]:
    """Read what the settings say that models cost.

    Raises:
        ConfigError: one names no provider and model.
    """
    found = {}
    for name, price in config.llm_prices.items():
        provider, slash, model = name.partition("/")
        if not slash or not provider or not model:
            raise ConfigError(f"LLM_PRICES: {name[:64]!r} must look like provider/model.")
        found[compute_name(provider), model] = build_prices(price.model_dump(exclude_none=True))
    return found
