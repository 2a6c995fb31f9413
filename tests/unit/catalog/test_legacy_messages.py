"""The sentences of version 0.1, one by one."""

import pytest

from core.catalog import legacy_messages
from core.catalog.legacy_messages import parsed, sentence
from core.config.messages import LEGACY, Message, messages_from_json, placeholders, render, templates
from tests.old_rows import DECISIONS, JOBS, JOBS_WORDED, NOTES, NOTES_WORDED, WORDED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *zip((reason for _, reason, _ in DECISIONS), WORDED, strict=True),
        *zip((message for _, _, message, _ in JOBS), JOBS_WORDED, strict=True),
        *zip(NOTES, NOTES_WORDED, strict=True),
    ],
)
def test_a_sentence_reads_right(old: str, new: str) -> None:
    assert render(messages_from_json(parsed(old))) == new


def test_a_label_hint_goes_back_as_version_0_1_reads_it() -> None:
    assert sentence(parsed("Said to show: rock")) == "Said to show: rock"


def test_every_code_that_is_read_back_exists_with_its_parameters() -> None:
    known = templates()
    for template, code, more in legacy_messages.SENTENCES:
        given = {name for name in placeholders(template) if not name.startswith("_")} | set(more)
        assert given == set(placeholders(known[code])), code


def test_nested_sentences_become_nested_messages() -> None:
    (first,) = messages_from_json(
        parsed(
            "Champion under the threshold, challenger over it. Challenger alone right on 12, champion alone right on "
            "3 of 2,000 (McNemar exact p < 1e-300)"
        )
    )
    assert first.code == "comparison.over_threshold"
    (inner,) = messages_from_json(first.parameters["comparison"])
    assert inner == Message("comparison.mcnemar", {"challenger": 12, "champion": 3, "p": 0.0, "unit": "rows"})


@pytest.mark.parametrize(
    "text", ["Started something else", "bad things; happened", "Done by ada, not by us", "Dataset 3: 10 rows of doubt"]
)
def test_what_only_begins_like_a_sentence_of_ours_is_kept_whole(text: str) -> None:
    assert parsed(text) == [{"code": LEGACY, "parameters": {"text": text}}]


def test_a_stranger_after_a_sentence_of_ours_is_kept_after_it() -> None:
    found = parsed("accuracy 0.5 is under the threshold 0.9. McNemar exact p = 0.034")
    assert [one["code"] for one in found] == ["gate.under_threshold", LEGACY]
    assert sentence(found) == "accuracy 0.500 is below the threshold 0.900. McNemar exact p = 0.034"


def test_nothing_is_nothing() -> None:
    assert parsed("") == [] and sentence([]) == ""
