"""An ASGI application that does nothing, on uvicorn as the sidecar has it: python -m tests.bench.empty_asgi PORT

It is sent the same request as ``POST /predict``, token included. It takes the body, as every answer to one has to,
looks at nothing, and answers 200 with as many bytes as ``POST /predict`` does for one row.
"""

import sys

import uvicorn
from starlette.types import Receive, Scope, Send

_BODY = (
    b'{"classes":[1],"probabilities":[0.7310585786300049],"model":"shifumi-linear","version":2,"dataset_id":2,'
    b'"request_ids":["%b"]}' % (b"x" * 88)
)
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


if __name__ == "__main__":
    config = uvicorn.Config(
        app,
        interface="asgi3",
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
