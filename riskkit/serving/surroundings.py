"""What the serving application shares with its handlers, made once at the start."""

from __future__ import annotations

from dataclasses import dataclass

import jinja2

from riskkit.serving.assets import Assets
from riskkit.serving.catalogue import Catalogue
from riskkit.serving.limits import Limits
from riskkit.serving.readiness import Readiness
from riskkit.serving.viewer import Viewers
from riskkit.settings import Settings


@dataclass(frozen=True)
class Surroundings:
    """Handed to every handler through the application's settings.

    Attributes
    ----------
    settings : Settings
    limits : Limits
    catalogue : Catalogue
        Which dashboards there are.
    viewers : Viewers
        What the store says to a viewer.
    assets : Assets
        Addresses of scripts and styles.
    pages : jinja2.Environment
        Templates of our own pages.
    readiness : Readiness
        Whether sign-in and database answer.
    origin : str
        Scheme and host under which people reach the server, as `https://risk.example`.
    """

    settings: Settings
    limits: Limits
    catalogue: Catalogue
    viewers: Viewers
    assets: Assets
    pages: jinja2.Environment
    readiness: Readiness
    origin: str
