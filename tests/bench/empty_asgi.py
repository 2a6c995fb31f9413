"""An ASGI application that does nothing, on uvicorn as the sidecar has it: python -m tests.bench.empty_asgi PORT"""

import sys

import uvicorn
from starlette.types import Receive, Scope, Send

_BODY = b"{}"
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


if __name__ == "__main__":
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
    )
    uvicorn.Server(config).run()
