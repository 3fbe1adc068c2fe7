"""Scripts and styles, all from installed packages and this one: a page asks no other host for anything."""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
from pathlib import Path
from typing import Any

from bokeh.util.paths import static_path
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, RequestHandler, StaticFileHandler

OWN = Path(__file__).parent / "static"
LOOK = Path(__file__).parents[1] / "charts"  # not imported: charts draw with bokeh, this only serves a style sheet

#: Packages whose browser code a dashboard loads.
PACKAGES = ("voila", "bokeh", "ipywidgets", "jupyter_bokeh", "jupyterlab_widgets", "nbconvert", "riskkit")


#: What a browser may load; `look.css` lies among Python files.
SUFFIXES = frozenset({".css", ".js", ".json", ".map", ".woff", ".woff2", ".ttf", ".eot", ".svg", ".png", ".ico"})


class Assets:
    """Addresses of static files, with a key that changes when any of them may have.

    Parameters
    ----------
    base_url : str
        Path under which the application is served.
    """

    def __init__(self, base_url: str) -> None:
        digest = hashlib.sha256()
        for package in PACKAGES:
            digest.update(f"{package} {importlib.metadata.version(package)}\n".encode())
        for file in sorted([*OWN.iterdir(), *LOOK.glob("*.css")]):
            digest.update(file.read_bytes())
        self.key = digest.hexdigest()[:16]
        self._root = url_path_join(base_url, "assets", self.key)

    def address(self, *parts: str) -> str:
        """Address of one file, or of a folder.

        The folders are `riskkit`, `bokeh`, `voila` and `labextensions`.
        """
        return url_path_join(self._root, *parts)


class AssetHandler(StaticFileHandler):
    """Files of several folders under one address; cached for good, because the address changes with the content."""

    def initialize(self, paths: list[str]) -> None:  # type: ignore[override]
        """Keep the folders, first come first served."""
        self._paths = [str(Path(path).resolve()) for path in paths]
        super().initialize(path=self._paths[0])

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:  # noqa: ARG003 (upstream's signature)
        """The path as asked for; `validate_absolute_path` looks for the folder that has it."""
        return path

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:  # noqa: ARG002 (as above)
        """The file in the first folder that has it; nothing outside the folders, and no folder."""
        if "\0" in absolute_path:
            raise HTTPError(404)
        for folder in self._paths:
            found = (Path(folder) / absolute_path).resolve()
            if found.suffix in SUFFIXES and found.is_relative_to(folder) and found.is_file():
                self.root = folder
                return str(found)
        raise HTTPError(404)

    def set_extra_headers(self, path: str) -> None:  # noqa: ARG002 (upstream's signature)
        """Cached for good."""
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002 (upstream's signature)
        """A word; it is no page."""
        self.set_header("Content-Type", "text/plain")
        self.finish("not found\n" if status_code == 404 else "refused\n")


class DarkLook(RequestHandler):
    """`dark.css`: what look.css says for `data-theme="dark"`, for pages that follow the reader's system."""

    def get(self) -> None:
        """The same rules, for every page that asks for them."""
        rules = re.findall(r':root\[data-theme="dark"\]([^{}]*)(\{[^{}]*\})', (LOOK / "look.css").read_text())
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.finish("".join(f":root{selector}{rule}\n" for selector, rule in rules))


def asset_handlers(base_url: str, voila: list[str], labextensions: list[str]) -> list[tuple[Any, ...]]:
    """Routes of all static files; they are the same for everybody, so they need no sign-in."""
    folders = {
        "riskkit": [str(OWN), str(LOOK)],
        "bokeh": [str(static_path() / "js")],
        "voila": voila,
        "labextensions": labextensions,
    }
    return [
        (url_path_join(base_url, r"/assets/[0-9a-f]{16}/riskkit/dark\.css"), DarkLook),
        *((url_path_join(base_url, rf"/assets/[0-9a-f]{{16}}/{name}/(.*)"), AssetHandler, {"paths": paths})
          for name, paths in folders.items()),
    ]  # fmt: skip
