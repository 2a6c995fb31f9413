"""The one shape of errors, checked."""

from typing import Any, Protocol

from core.api.problems import KINDS, MEDIA_TYPE


class Answer(Protocol):
    status_code: int
    headers: Any

    def json(self) -> Any: ...


def assert_problem(answer: Answer, status: int, slug: str) -> dict[str, Any]:
    """``answer`` is a well-formed problem of the kind ``slug``; returns its body."""
    assert answer.status_code == status, answer.json()
    assert answer.headers["content-type"] == MEDIA_TYPE
    body: dict[str, Any] = answer.json()
    assert set(body) - {"instance"} == {"type", "title", "status", "detail"}
    assert body["type"] == f"urn:shifumi:problem:{slug}"
    assert body["status"] == status
    assert body["title"] == next(kind.title for kind in KINDS if kind.slug == slug)
    assert len(body["detail"]) > 10
    return body
