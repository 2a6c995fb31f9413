"""The column type for messages: a JSON list of codes with their parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator

from core.config.messages import Message, Messages, as_json_list, as_messages, messages_from_json


class MessagesColumn(TypeDecorator[Messages]):
    """Stores one message or several; returns a tuple. A plain text is rejected: it could not be translated."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Message | Iterable[Message] | None, dialect: Dialect) -> list[dict[str, Any]]:
        if isinstance(value, str):
            raise TypeError("the catalog keeps messages, not texts: use core.config.messages.say")
        return as_json_list(as_messages(value or ()))

    def process_result_value(self, value: Any, dialect: Dialect) -> Messages:
        return messages_from_json(value)
