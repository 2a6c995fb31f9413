"""``python -m core.api``: the sidecar process."""

from __future__ import annotations


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; then exit within three seconds."""
    # Imported here: the worker processes import this module as well, and need none of it.
    import uvicorn

    from core.api.app import create_app
    from core.config.logs import setup_logging
    from core.config.settings import get_settings

    settings = get_settings()
    setup_logging("api")
    config = uvicorn.Config(
        create_app(settings),
        interface="asgi3",
        host=settings.host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        server_header=False,
        # The client's address is not used, so forwarded headers are not trusted.
        proxy_headers=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
