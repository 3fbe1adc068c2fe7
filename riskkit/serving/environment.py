"""What of the environment a dashboard's kernel may see, and what the serving process itself must not hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from riskkit.settings import Settings

#: Copied to a kernel as they are: where programs lie, language, time zone, threads.
KEPT = frozenset({
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHASHSEED",
    "PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
})  # fmt: skip

_SECRET = re.compile(
    r"SERVICE|SECRET|PASSWORD|PASSWD|PRIVATE|CREDENTIAL|JWT|DATABASE_URL|DB_URL|DSN"
    r"|^PG(PASS|HOST|USER|SERVICE)|ACCESS_TOKEN|REFRESH_TOKEN|API_?TOKEN"
)


def secret_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of variables that look like a secret of the operator's.

    >>> secret_names({"SUPABASE_SERVICE_ROLE_KEY": "k", "DATABASE_URL": "u", "SUPABASE_ANON_KEY": "a", "PATH": "/bin"})
    ('DATABASE_URL', 'SUPABASE_SERVICE_ROLE_KEY')
    """
    return tuple(sorted(name for name in environ if _SECRET.search(name.upper())))


def kept(environ: Mapping[str, str]) -> dict[str, str]:
    """What programs need to run at all.

    >>> kept({"PATH": "/bin", "EDITOR": "vi"})
    {'PATH': '/bin'}
    """
    return {name: value for name, value in environ.items() if name in KEPT}


def kernel_environment(environ: Mapping[str, str], settings: Settings, broker: Path, ticket: Path) -> dict[str, str]:
    """A kernel's whole environment: the few variables kept, and riskkit's own.

    Parameters
    ----------
    environ : mapping
        The serving process's environment.
    settings : Settings
        Project and Supabase address; only the publishable key is passed on.
    broker : Path
        The token broker's socket.
    ticket : Path
        File with this kernel's secret at the broker, which the kernel reads once and removes: what is in a process's
        first environment can be read by others of the same user for as long as it runs.
    """
    url, key = settings.supabase()
    return {
        **kept(environ),
        "RISKKIT_PROJECT": str(settings.project),
        "RISKKIT_BROKER": str(broker),
        "RISKKIT_TICKET_FILE": str(ticket),
        "SUPABASE_URL": url,
        "SUPABASE_ANON_KEY": key,
        "IPYTHONDIR": str(broker.parent / "ipython"),
    }
