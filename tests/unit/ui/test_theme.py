"""The colours people read stay readable (WCAG 2.2: 4.5:1 for text, 3:1 for what is not text)."""

import tomllib
from typing import Any

import pytest

from core.config.settings import ROOT

THEME: dict[str, Any] = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_on_every_background(name: str) -> None:
    theme = THEME[name]
    backgrounds = [theme[key] for key in ("backgroundColor", "secondaryBackgroundColor")]
    backgrounds += list(theme["sidebar"].values())
    for background in backgrounds:
        for text in ("textColor", "linkColor", "codeTextColor"):
            assert contrast(theme[text], background) >= 4.5, (name, text, background)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_accent(name: str) -> None:
    theme = THEME[name]
    # Streamlit writes white on primary buttons, whatever their colour.
    assert contrast("#ffffff", theme["primaryColor"]) >= 4.5
    # Underlines, toggles, focus rings, and the label of the chosen tab (which the underline also marks).
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= 3
