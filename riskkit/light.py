"""What riskkit's own processes do without, so that they start sooner."""

from __future__ import annotations

import sys


def without_grammars() -> None:
    """Keep jsonschema, which nbformat and jupyter_server import, from importing a grammar of IRIs if it is there: it
    takes 1.5 s, for a check that nobody asks for. Only for a process of riskkit's, not for whoever imports riskkit.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # an import of None fails, which it allows
