"""The Celery application: a message contains only the id of a waiting work item; the catalog has everything else.

So a message that is lost, late or duplicated has no effect: the flow sends it again, and an item is claimed once.
"""

from __future__ import annotations

from functools import lru_cache

from celery import Celery
from kombu.exceptions import KombuError

from core.config.logs import redact
from core.config.settings import Settings, get_settings
from core.jobs.broker import address, transport_options

TASK = "shifumi.work"


class BrokerUnavailableError(RuntimeError):
    """The broker did not accept the message; the text is for users."""


def make_app(settings: Settings) -> Celery:
    """The Celery application. Raises :class:`core.jobs.broker.NoBrokerError`."""
    app = Celery("shifumi", broker=address(settings))
    app.conf.update(
        broker_transport_options=transport_options(settings),
        broker_connection_timeout=2.0,
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_default_queue="default",
        # Acknowledge late and prefetch one message per slot: items stay in the queue while an idle worker exists.
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        # Work is cancelled through the catalog, so access to the broker does not allow control of workers.
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    return app


@lru_cache(maxsize=1)
def _app() -> Celery:
    return make_app(get_settings())


def notify_workers(item_id: str, queue: str) -> None:
    """Notify the workers of ``queue`` that an item waits. Raises :class:`BrokerUnavailableError`."""
    try:
        _app().send_task(TASK, args=[item_id], queue=queue, retry=False, ignore_result=True)
    except (KombuError, OSError) as error:
        raise BrokerUnavailableError(redact(str(error)) or type(error).__name__) from error
