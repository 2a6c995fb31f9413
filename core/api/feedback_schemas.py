"""Request and response bodies of ``POST /feedback``."""

from __future__ import annotations

from typing import Any

import msgspec


class Label(msgspec.Struct, forbid_unknown_fields=True):
    """The true label of one predicted row or image. ``request_id`` came with the prediction.

    ``label`` is one of the classes in ``GET /models``, or for ``/predict`` 0 or 1; of an image ``""`` says that none of
    them is on it.
    """

    request_id: str
    label: str | int


class Refused(msgspec.Struct):
    """A label of a list that was not taken: its place, counting from 0, and the problem."""

    index: int
    type: str
    detail: str


class Taken(msgspec.Struct):
    """How many labels are new, replaced an earlier one of the same token, or were known already; and of a list how many
    were refused, the first hundred of them with the reason.
    """

    stored: int
    replaced: int
    unchanged: int
    refused: int = 0
    problems: list[Refused] = []


def taken_description() -> dict[str, Any]:
    """OpenAPI's description of the answer."""
    schema = {"$ref": "#/components/schemas/Taken"}
    example = {"stored": 1, "replaced": 0, "unchanged": 0, "refused": 0, "problems": []}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"description": "How many labels were taken", "content": content}


def body_description() -> dict[str, Any]:
    """OpenAPI's description of the body: one label, or a list."""
    one = {"$ref": "#/components/schemas/Label"}
    example = {"request_id": "EwCUpmxpbmVhcgOndG9r…", "label": 1}
    return {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [one, {"type": "array", "items": one, "minItems": 1}]},
                "example": example,
            }
        },
    }
