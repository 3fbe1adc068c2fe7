"""The demo's limits: invented, and near enough to the figures of 2022 that their use means something."""

from __future__ import annotations

from riskkit.gates import Limit

_BY_POSITION = Limit("component_var", "USD", 600_000.0, 800_000.0, "position", "*")
_BY_SECTOR = Limit("component_var", "USD", 850_000.0, 1_000_000.0, "sector", "*")

#: Portfolio, as `team/slug`, to its limits; in its base currency, for the horizon and confidence of its reports.
LIMITS = {
    "atlas/demo": (
        Limit("var", "USD", 1_500_000.0, 1_750_000.0),
        Limit("var", "fraction", 0.1, 0.25, basis="relative"),
        Limit("expected_shortfall", "USD", 1_700_000.0, 2_000_000.0),
        _BY_POSITION,
        _BY_SECTOR,
        Limit("stress_loss", "USD", 15_000_000.0, 20_000_000.0),
    ),
    "atlas/equities": (Limit("var", "USD", 450_000.0, 500_000.0),),
    "atlas/fund": (Limit("var", "USD", 2_000_000.0, 2_500_000.0),),
    "borealis/income": (
        Limit("var", "EUR", 1_200_000.0, 1_500_000.0),
        Limit("component_var", "EUR", 1_200_000.0, 1_400_000.0, "currency", "USD"),
        Limit("stress_loss", "EUR", 15_000_000.0, 20_000_000.0),
    ),
}
