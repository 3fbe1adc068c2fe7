"""Reference rates of the European Central Bank: direction, crosses, days."""

from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.feeds.ecb_rates import exchange_rates

UNTIL = date(2022, 12, 28)


def level(series, day):
    return series.levels[series.dates == np.datetime64(day)][0]


def test_the_first_fixing_as_published():
    """4 January 1999: 1.1789 USD, 133.73 JPY and 0.7111 GBP per EUR (ECB press release of that day)."""
    euro, yen, pound = exchange_rates(["EUR", "JPY", "GBP"], UNTIL)
    assert [one.factor.name for one in (euro, yen, pound)] == ["EURUSD", "JPYUSD", "GBPUSD"]
    assert level(euro, "1999-01-04") == 1.1789
    assert level(yen, "1999-01-04") == 1.1789 / 133.73
    assert level(pound, "1999-01-04") == 1.1789 / 0.7111
    assert all(one.factor.currency == "USD" and one.factor.kind == "fx" for one in (euro, yen, pound))


def test_days_are_ascending_and_end_where_asked():
    (euro,) = exchange_rates(["EUR"], UNTIL)
    assert (np.diff(euro.dates).astype(int) > 0).all()
    assert str(euro.dates[-1]) == "2022-12-28"
    assert "European Central Bank" in euro.factor.source


def test_an_unknown_currency_is_named():
    with pytest.raises(InputError, match="XXX"):
        exchange_rates(["XXX"], UNTIL)
