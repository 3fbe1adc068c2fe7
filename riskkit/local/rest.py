"""REST."""

from starlette.requests import Request
from starlette.responses import Response
from riskkit.local.answer import not_spoken


class Rest:
    def __init__(self, *a) -> None: ...
    async def rpc(self, request: Request) -> Response:
        raise not_spoken("")

    table = rpc
