"""Workloads of installed packages: found by their entry points; a bad one is named and skipped."""

from pathlib import Path

import pytest

from core.cli.checks.workloads import check_workloads
from core.workloads import WORKLOADS, get_workload, of_kind
from core.workloads.discovery import Workloads
from core.workloads.linear.workload import LinearWorkload

AWAKE = "from docs.examples.awake import AwakeWorkload\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which packages are installed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(site: Path, package: str, points: dict[str, str], code: str = "") -> None:
    """What pip leaves behind of a package with one module."""
    (site / f"{package}.py").write_text(code, encoding="utf-8")
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (info / "entry_points.txt").write_text(f"[shifumi.workloads]\n{lines}", encoding="utf-8")


def reason(found: Workloads) -> str:
    """Why the only broken entry point was skipped."""
    (broken,) = found.broken
    return broken.reason


@pytest.mark.parametrize("value", ["AwakeWorkload", "INSTANCE"], ids=["class", "instance"])
def test_a_class_or_an_instance_is_found_behind_what_ships(site: Path, value: str) -> None:
    module = f"found_{value.lower()}"
    install(site, module, {"awake": f"{module}:{value}"}, AWAKE + "INSTANCE = AwakeWorkload()\n")
    found = Workloads([LinearWorkload()])
    assert list(found) == ["linear", "awake"]
    assert found["awake"].title == "Awake"
    assert (len(found), found.broken) == (2, ())


def test_a_package_may_be_imported_before_the_workloads_are_asked_for(site: Path) -> None:
    """It imports core.workloads, which must not look for it in turn while it is half imported."""
    install(site, "early", {"awake": "early:AwakeWorkload"}, "from core.workloads import WORKLOADS\n" + AWAKE)
    found = Workloads([LinearWorkload()])
    __import__("early")
    assert "awake" in found


def test_labels_that_users_make_are_not_read_on_the_way(site: Path) -> None:
    """On a first start there is no catalog to read them from."""
    code = AWAKE + (
        "class Own(AwakeWorkload):\n"
        "    @property\n"
        "    def classes(self):\n"
        "        raise RuntimeError('no catalog yet')\n"
    )
    install(site, "owning", {"awake": "owning:Own"}, code)
    found = Workloads([LinearWorkload()])
    assert list(found) == ["linear", "awake"]
    assert found.broken == ()


def test_a_package_that_does_not_import_is_named_and_the_others_stay(site: Path) -> None:
    install(site, "rotten", {"rotten": "rotten:Workload"}, "import a_module_that_is_nowhere\n")
    install(site, "sound", {"awake": "sound:AwakeWorkload"}, AWAKE)
    found = Workloads([LinearWorkload()])
    assert list(found) == ["linear", "awake"]
    (broken,) = found.broken
    assert (broken.name, broken.package) == ("rotten", "rotten")
    assert "a_module_that_is_nowhere" in broken.reason


def test_a_name_that_is_taken_is_refused(site: Path) -> None:
    install(site, "usurper", {"linear": "usurper:Other"}, AWAKE + "class Other(AwakeWorkload):\n    name = 'linear'\n")
    found = Workloads([LinearWorkload()])
    assert isinstance(found["linear"], LinearWorkload)
    assert "already" in reason(found)


@pytest.mark.parametrize(
    ("point", "body", "said"),
    [
        ("awake", "class Bad:\n    name = 'awake'\n", "it lacks title, metric"),
        ("sleepy", "class Bad(AwakeWorkload):\n    pass\n", "registered as sleepy, but its name is awake"),
        ("Awake_2", "class Bad(AwakeWorkload):\n    name = 'Awake_2'\n", "lower case"),
        ("awake", "class Bad(AwakeWorkload):\n    data_kind = 'sounds'\n", "data_kind must be one of rows, images"),
        ("awake", "class Bad(AwakeWorkload):\n    features = ()\n", "features are required for rows"),
        ("awake", "class Bad(AwakeWorkload):\n    data_kind = 'images'\n", "features are required for rows"),
        ("awake", "class Bad(AwakeWorkload):\n    def __init__(self, needed):\n        pass\n", "cannot be loaded"),
    ],
)
def test_what_does_not_keep_the_contract_is_skipped_with_the_reason(
    site: Path, point: str, body: str, said: str
) -> None:
    module = f"bad_{abs(hash(body))}"
    install(site, module, {point: f"{module}:Bad"}, AWAKE + body)
    found = Workloads([LinearWorkload()])
    assert list(found) == ["linear"]
    assert said in reason(found)


def test_doctor_names_a_broken_one(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site, "unwell", {"unwell": "unwell:Gone"})
    monkeypatch.setattr("core.cli.checks.workloads.WORKLOADS", Workloads([LinearWorkload()]))
    well, problem = check_workloads()
    assert (well.level, well.text) == ("ok", "Workloads: linear")
    assert problem.level == "problem"
    assert "unwell" in problem.text and "Gone" in problem.text
    assert "pip uninstall unwell" in problem.remedy


def test_doctor_names_an_option_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_LINEAR_THRESHOLD", "high")
    problems = [one for one in check_workloads() if one.level == "problem"]
    assert len(problems) == 1
    assert "SHIFUMI_LINEAR_THRESHOLD" in problems[0].text


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(LookupError, match="known: linear, rps"):
        get_workload("nothing")


def test_workloads_are_found_by_their_kind_of_data() -> None:
    assert [one.name for one in of_kind("rows")] == [name for name, one in WORKLOADS.items() if one.features]
    assert of_kind("clips") == []
