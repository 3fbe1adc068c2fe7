"""What everybody is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answer:
    """Figures in USD, losses positive.

    Attributes
    ----------
    var, shortfall : float
    component_var, component_shortfall : array (P,) or None
        None where the library has no such call, or none that ends in reasonable time.
    """

    var: float
    shortfall: float
    component_var: FloatArray | None = None
    component_shortfall: FloatArray | None = None
