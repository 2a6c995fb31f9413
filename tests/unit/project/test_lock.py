"""The locks: portable, and holding what must be held."""

import re

import pytest

from core.config.settings import ROOT
from tools.lock import portable

LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_the_lock_leaves_the_choice_of_pytorchs_build_to_pip() -> None:
    assert portable(LOCK) == LOCK
    assert portable("torch==2.13.0\nnvidia-cublas==1\ntriton==3\ncuda-bindings==13\n") == "torch==2.13.0\n"
    assert "nvidia-ml-py==" in LOCK, "ultralytics reads GPU figures with it; it is small"


@pytest.mark.parametrize(
    "pin", ["torch==2.13.0", "torchvision==0.28.0", "sqlalchemy==2.0.", "fastapi==0.154.", "prefect==3.8.8"]
)
def test_what_must_be_held_is_held(pin: str) -> None:
    assert re.search(rf"^{re.escape(pin)}", LOCK, re.MULTILINE)
