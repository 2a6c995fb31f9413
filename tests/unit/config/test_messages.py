"""Codes, templates and how they are worded."""

import ast
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.message_formats import FORMATS, p_text
from core.config.message_plurals import Plural
from core.config.messages import (
    FOREIGN,
    LEGACY,
    Message,
    as_json,
    from_json,
    message_of,
    messages_from_json,
    placeholders,
    register,
    render,
    say,
    templates,
    text,
)
from core.config.settings import ROOT
from core.workloads import WORKLOADS

_BUILT_ELSEWHERE = {LEGACY, "comparison.over_threshold"}
"""Made by ``text`` and by migration 0006 instead of ``say``, or stored by earlier versions only."""


def _calls() -> Iterator[tuple[Path, ast.Call]]:
    sources = [path for folder in ("core", "flows", "docs/examples") for path in (ROOT / folder).rglob("*.py")]
    for path in sources:
        source = path.read_text(encoding="utf-8")
        if "core.config.messages import" not in source and path.name != "messages.py":
            continue  # some pages call a function of their own like that
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                yield path, node


def _said() -> dict[str, list[tuple[str, set[str]]]]:
    """Code → each place where it is said, with the names of the parameters given there."""
    found = defaultdict(list)
    for path, call in _calls():
        where = f"{path.relative_to(ROOT)}:{call.lineno}"
        code = call.args[0]
        value = FOREIGN if isinstance(code, ast.Name) and code.id == "FOREIGN" else getattr(code, "value", None)
        assert isinstance(value, str), f"{where}: the code is not written there"
        names = {keyword.arg for keyword in call.keywords}
        assert None not in names, f"{where}: the parameters are not named there"
        found[value].append((where, {str(name) for name in names}))
    return found


def test_every_code_in_the_source_exists_with_exactly_its_parameters() -> None:
    import core.workloads.images.messages  # noqa: F401
    import docs.examples.awake  # noqa: F401 - both register their own

    assert WORKLOADS
    known = templates()
    for code, places in _said().items():
        assert code in known, f"{places[0][0]} says {code}, which no template words"
        for where, given_names in places:
            assert given_names == set(placeholders(known[code])), f"{where}: {code}"


def test_no_code_is_unused() -> None:
    assert set(templates()) - set(_said()) - _BUILT_ELSEWHERE == set()


def test_every_format_of_a_template_exists() -> None:
    for code, template in templates().items():
        for name, spec in placeholders(template).items():
            assert spec in {*FORMATS, "message", "messages"}, f"{code}: {name}"


_VALUES: dict[str, Any] = {
    "list": ["a", "b"],
    "all": ["a", "b"],
    "terms": ["a", "b"],
    "text": "a",
    "term": "a",
    "time": "2026-12-05T10:00:00+01:00",
    "message": [{"code": "job.done", "parameters": {}}],
    "messages": [{"code": "job.done", "parameters": {}}],
}


@pytest.mark.parametrize("code", sorted(templates()))
def test_every_template_words_its_parameters(code: str) -> None:
    wanted = placeholders(templates()[code])
    worded = render(Message(code, {name: _VALUES.get(spec, 2) for name, spec in wanted.items()}))
    assert worded and "{" not in worded and code not in worded


def test_sentences_read_as_they_should() -> None:
    assert (
        render(say("comparison.mcnemar", challenger=883, champion=56, unit="rows", p=3.6e-192))
        == "Only the challenger was right on 883 rows, only the champion on 56 (McNemar p < 0.001)."
    )
    assert (
        render(say("gate.under_threshold", metric="accuracy", value=0.8123, threshold=0.9))
        == "accuracy 0.812 is below the threshold 0.900."
    )
    held = say("pin.holds", version=2, until="2026-12-05T11:00:00+01:00", user="ada", why="the fair")
    assert render(held) == "Champion v2 is pinned until 2026-12-05 10:00 UTC by ada: the fair"
    assert render(say("job.cancelled_before", user="ada")) == "Cancelled by ada before it started"
    assert render(say("generate.done", dataset=3, rows=10_000, unit="pictures")) == "Dataset 3: 10,000 images"


def test_one_and_several_have_forms_of_their_own() -> None:
    assert render(say("predict.done", rows=1, version=2)) == "1 row predicted by version 2"
    assert render(say("predict.done", rows=1200, version=2)) == "1,200 rows predicted by version 2"


@pytest.mark.parametrize(
    ("p", "shown"),
    [(3.6e-192, "p < 0.001"), (0.00099, "p < 0.001"), (0.001, "p = 0.001"), (0.0344, "p = 0.034"), (0, "p < 0.001")],
)
def test_p_values_have_two_digits_and_an_end(p: float, shown: str) -> None:
    assert p_text(p) == shown


def test_several_messages_become_sentences() -> None:
    both = (say("import.new", images=3), say("import.boxes", boxes=1), say("import.known", images=1))
    assert render(both) == "3 new images. 1 box. 1 already present"
    assert render(()) == ""


def test_messages_within_messages_are_worded_too() -> None:
    inner = say("comparison.first", metric="accuracy", value=0.9)
    told = say("check.decided", kind="promoted", reason=(say("gate.no_champion"), inner))
    assert render(told) == "Promoted: There is no champion yet. First model: accuracy 0.900."
    again = from_json(json.loads(json.dumps(as_json(told))))
    assert render(again) == render(told)


def test_what_a_newer_version_says_is_shown_and_never_breaks() -> None:
    assert render(Message("job.teleported", {"to": "mars", "rows": 3})) == "job.teleported (to = mars, rows = 3)"
    assert render(Message("job.teleported")) == "job.teleported"
    assert render(Message("generate.done", {"dataset": 1})) == "generate.done (dataset = 1)"
    assert render(Message("gate.holds", {"metric": "a", "value": "high", "threshold": 1})).startswith("gate.holds (")


def test_what_is_nothing_is_a_dash() -> None:
    assert render(say("comparison.first", metric="accuracy", value=float("nan"))) == "First model: accuracy –."


def test_numbers_of_numpy_are_stored_as_numbers() -> None:
    said = say("predict.done", rows=np.int64(3), version=np.int32(1))
    assert json.loads(json.dumps(as_json(said))) == {"code": "predict.done", "parameters": {"rows": 3, "version": 1}}


def test_an_error_keeps_its_message() -> None:
    error = LookupError(say("job.ended"))
    assert str(error) == "This job has already ended."
    assert message_of(error) == say("job.ended")
    assert render(message_of(ValueError("odd"))) == "odd"
    assert render(message_of(ValueError())) == "ValueError"


def test_texts_without_a_code_are_kept_as_they_are() -> None:
    assert render(text("as {it} was")) == "as {it} was"
    assert messages_from_json("an old sentence") == (text("an old sentence"),)
    assert messages_from_json(None) == messages_from_json("") == messages_from_json([]) == ()


def test_a_workload_of_another_package_registers_its_own() -> None:
    register({"probe.tasted": Plural("cups", "{cups:count} cup tasted", "{cups:count} cups tasted")})
    register({"probe.tasted": Plural("cups", "{cups:count} cup tasted", "{cups:count} cups tasted")})  # imported again
    try:
        assert render(say("probe.tasted", cups=2)) == "2 cups tasted"
        with pytest.raises(ValueError, match="taken"):
            register({"probe.tasted": "otherwise"})
        with pytest.raises(ValueError, match="counts"):
            register({"probe.other": Plural("cups", "a cup", "cups")})
        with pytest.raises(ValueError):
            register({"probe.broken": "{unclosed"})
    finally:
        from core.config import messages

        messages._known.pop("probe.tasted")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(templates())) | st.text(max_size=20),
    st.dictionaries(st.sampled_from(["text", "value", "rows", "p", "reason", "kind", "metric", "faults"]), _JSON),
)
def test_rendering_never_raises(code: str, parameters: dict[str, Any]) -> None:
    assert isinstance(render(Message(code, parameters)), str)


@given(_JSON)
def test_whatever_is_stored_can_be_read(stored: Any) -> None:
    assert isinstance(render(messages_from_json(stored)), str)
