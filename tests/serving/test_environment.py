from pathlib import Path

import pytest

from riskkit.serving.environment import kernel_environment, secret_names
from riskkit.settings import Settings


@pytest.mark.parametrize(
    "name",
    ["SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SECRET_KEY", "DATABASE_URL", "SUPABASE_DB_URL", "PGPASSWORD", "PGPASSFILE",
     "SUPABASE_JWT_SECRET", "SMTP_PASSWORD", "aws_secret_access_key", "SUPABASE_ACCESS_TOKEN"],
)  # fmt: skip
def test_secrets_are_recognised_by_name(name):
    assert secret_names({name: "x"}) == (name,)


def test_what_is_public_is_not():
    assert secret_names({"SUPABASE_URL": "u", "SUPABASE_ANON_KEY": "k", "PATH": "p", "HOME": "h", "LANG": "C"}) == ()


def test_a_kernel_gets_what_is_listed_and_nothing_else():
    settings = Settings(Path("/project"), Path("/home"), "http://127.0.0.1:1", "anon")
    around = {"PATH": "/bin", "HOME": "/root", "SUPABASE_SERVICE_ROLE_KEY": "s", "RISKKIT_HOME": "/h", "ANYTHING": "x"}
    assert kernel_environment(around, settings, Path("/run/broker"), Path("/run/ticket")) == {
        "PATH": "/bin", "HOME": "/root", "RISKKIT_PROJECT": "/project", "RISKKIT_BROKER": "/run/broker",
        "RISKKIT_TICKET_FILE": "/run/ticket", "SUPABASE_URL": "http://127.0.0.1:1", "SUPABASE_ANON_KEY": "anon",
        "IPYTHONDIR": "/run/ipython",
    }  # fmt: skip
