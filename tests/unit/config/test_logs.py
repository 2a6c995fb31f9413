"""Every logger ends in the same file, and no secret does."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger

from core.config.logs import redact, setup_logging
from core.config.settings import Settings

WEBHOOK = "https://discord.com/api/webhooks/123456/AbC-dEf_secret"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"posting to {WEBHOOK} now", "AbC-dEf_secret"),
        ("token shf_0123456789abcdefABCDEF", "0123456789abcdef"),
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
        ("postgresql+psycopg://user:hunter22@host/db", "hunter22"),
        ("password=hunter22 next", "hunter22"),
        ('{"password": "hunter22"}', "hunter22"),
        ("$2b$12$" + "a" * 53, "a" * 53),
    ],
)
def test_known_secrets_are_blanked(text: str, secret: str) -> None:
    assert secret not in redact(text)


@given(st.text(max_size=300))
def test_redaction_never_fails_and_settles(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_every_logger_reaches_the_json_file_without_secrets(settings: Settings) -> None:
    setup_logging("tested", settings)
    logging.getLogger("uvicorn.error").warning("from uvicorn to %s", WEBHOOK)
    logging.getLogger("mlflow").warning("from mlflow")
    logging.getLogger("prefect.runner").warning("from prefect")
    logger.warning("from loguru, password=hunter22")
    try:
        raise ValueError("token shf_0123456789abcdef")
    except ValueError:
        logger.exception("it failed")
    logger.remove()
    text = (settings.logs_dir / "tested.jsonl").read_text(encoding="utf-8")
    records = [json.loads(line) for line in text.splitlines()]
    messages = [record["message"] for record in records]
    assert "ValueError" in records[-1]["exception"]
    assert {record["process"] for record in records} == {"tested"}
    for expected in ("from uvicorn", "from mlflow", "from prefect", "from loguru"):
        assert any(message.startswith(expected) for message in messages), expected
    for secret in ("AbC-dEf_secret", "hunter22", "0123456789abcdef"):
        assert secret not in text
