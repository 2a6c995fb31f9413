"""The figures of ``docs/continual-learning.md`` are those that the product's own functions give."""

import re
import subprocess
import sys

import numpy as np

from core.config.settings import ROOT
from core.workloads.evidence import Evidence, bounded
from core.workloads.statistics import mcnemar_exact

TEXT = (ROOT / "docs" / "continual-learning.md").read_text(encoding="utf-8")


def wrong(both: int, only_champion: int, only_challenger: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Who was wrong about which row, by the counts of rows with each pattern of errors."""
    champion = np.repeat([True, True, False, False], [both, only_champion, only_challenger, neither])
    challenger = np.repeat([True, False, True, False], [both, only_champion, only_challenger, neither])
    return champion, challenger


def test_the_example_prints_what_the_document_says() -> None:
    code, output = re.findall(r"```(?:python|text)\n(.*?)```", TEXT, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == output


def test_the_discordant_pairs_have_the_stated_p_value() -> None:
    rows = re.findall(r"^\| \*\*champion (?:right|wrong)\D+(\d+)\D+(\d+)", TEXT, re.MULTILINE)
    (neither, only_challenger), (only_champion, both) = (map(int, row) for row in rows)
    champion, challenger = wrong(both, only_champion, only_challenger, neither)
    assert len(champion) == 1_000
    assert (int((~champion).sum()), int((~challenger).sum())) == (890, 910)
    assert f"p = {mcnemar_exact(~champion, ~challenger).p_value:.3f}." in " ".join(TEXT.split())


def test_the_evidence_of_five_datasets_adds_up_as_in_the_table() -> None:
    champion, challenger = wrong(40, 20, 12, 928)
    p_value = mcnemar_exact(~champion, ~challenger).p_value
    total = Evidence()
    for number in range(1, 6):
        total += bounded(champion.astype(float), challenger.astype(float))
        decision = "promote" if total.convinces(0.05, 0.005) else "wait"
        assert f"| {number} | {p_value:.3f} | {np.exp(total.log_e_value):.1f} | {decision} |" in TEXT
