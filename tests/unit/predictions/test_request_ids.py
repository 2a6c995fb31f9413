"""Request ids: what was put in comes out, and nothing else does."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.settings import ROOT, Settings
from core.predictions.request_ids import Request, RequestIds, UnknownRequestError, origin

KEY = b"k" * 64
WORDS = st.text(min_size=0, max_size=80).filter(lambda text: text.isprintable())
ROWS = st.lists(st.floats(allow_nan=False), max_size=40).map(tuple)


def made(ids: RequestIds, label: str = "yes", row: tuple[float, ...] = (0.5, -1.0)) -> str:
    return ids.make(origin("points", 3, "token:1", label), 1_700_000_000.9, row).decode()


@given(WORDS, st.integers(0, 2**31), WORDS, WORDS, ROWS)
def test_an_id_says_what_was_asked_and_answered(
    workload: str, version: int, owner: str, answer: str, row: tuple[float, ...]
) -> None:
    request_id = RequestIds(KEY).make(origin(workload, version, owner, answer), 1_700_000_000.9, row).decode()
    found = RequestIds(KEY).read(request_id)
    assert found == Request(found.number, 1_700_000_000, workload, version, owner, answer, row)
    assert 0 <= found.number < 2**63


@given(st.data())
def test_whatever_is_changed_is_noticed(data: st.DataObject) -> None:
    ids = RequestIds(KEY)
    good = made(ids)
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.sampled_from("ABCabc012+/=").filter(lambda one: one != good[place]))
    changed = good[:place] + other + good[place + 1 :]
    with suppress(UnknownRequestError):
        # The last character may have bits to spare.
        assert ids.read(changed) == ids.read(good) and place == len(good) - 1


@given(st.text() | st.text("ABCabc012+/=", min_size=20))
def test_what_is_no_id_is_unknown(text: str) -> None:
    with pytest.raises(UnknownRequestError):
        RequestIds(KEY).read(text)


def test_another_installation_does_not_know_it() -> None:
    with pytest.raises(UnknownRequestError, match="not of this installation"):
        RequestIds(b"other" * 10).read(made(RequestIds(KEY)))


def test_numbers_are_unique_over_threads_and_objects() -> None:
    several = [RequestIds(KEY) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda turn: made(several[turn % 4]), range(4_000)))
    assert len({several[0].read(one).number for one in ids}) == 4_000


def test_the_key_is_that_of_the_installation_and_shared_by_its_processes(settings: Settings) -> None:
    program = (
        "from core.predictions.request_ids import *; print(RequestIds().make(origin('a', 1, 'b', 'c'), 5).decode())"
    )
    environment = os.environ | {"SHIFUMI_DATA_DIR": str(settings.data_dir)}
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()
    assert RequestIds().read(told)[1:] == (5, "a", 1, "b", "c", ())
