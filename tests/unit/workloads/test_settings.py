"""Options of a workload: read from its own variables, together with the product's."""

import pytest

from core.cli.errors import CommandError
from core.cli.run import run
from core.config.settings import Settings, get_settings
from core.workloads import WORKLOADS, get_workload
from core.workloads.linear.settings import LinearSettings
from core.workloads.rps.settings import RpsSettings
from core.workloads.settings import WorkloadSettingsError, settings_of


def test_variables_keep_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_LINEAR_THRESHOLD", "0.5")
    monkeypatch.setenv("SHIFUMI_RPS_EPOCHS", "3")
    monkeypatch.setenv("SHIFUMI_RPS_THRESHOLD", "0.25")
    get_settings.cache_clear()
    assert (get_workload("linear").threshold, get_workload("rps").threshold) == (0.5, 0.25)
    assert get_workload("rps").training_parameters["epochs"] == 3


def test_they_are_read_once_and_again_when_the_products_are(monkeypatch: pytest.MonkeyPatch) -> None:
    before = LinearSettings.current()
    monkeypatch.setenv("SHIFUMI_LINEAR_THRESHOLD", "0.5")
    assert LinearSettings.current() is before
    get_settings.cache_clear()
    assert LinearSettings.current().threshold == 0.5


def test_every_workloads_options_are_listed() -> None:
    assert [type(one) for one in settings_of(WORKLOADS.values())][:2] == [LinearSettings, RpsSettings]


def test_a_value_out_of_bounds_names_its_variable(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("SHIFUMI_RPS_IMGSZ", "33")
    get_settings.cache_clear()
    with pytest.raises(WorkloadSettingsError, match=r"SHIFUMI_RPS_IMGSZ: .*multiple of 32"):
        RpsSettings.current()
    with pytest.raises(CommandError, match="SHIFUMI_RPS_IMGSZ"):
        run(settings)
