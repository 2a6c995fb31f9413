"""Which version serves: promotion, and the way back."""

import pytest

from core.auth import audit
from core.auth.roles import Actor, ForbiddenError, Role
from core.models import promotion, registry
from tests.learning import make_dataset, make_versions

pytestmark = pytest.mark.usefixtures("mlflow_store")
ADMIN, EDITOR = Actor("ada", Role.ADMIN), Actor("ed", Role.EDITOR)


def held() -> dict[str, int | None]:
    """Who holds which alias."""
    names = (registry.CHAMPION, registry.PREVIOUS, registry.CHALLENGER)
    found = {name: registry.by_alias("linear", name) for name in names}
    return {name: version.version if version else None for name, version in found.items()}


def test_the_champion_changes_and_the_old_one_is_remembered() -> None:
    make_versions(2)
    assert held() == {"champion": None, "previous": None, "challenger": 2}
    assert promotion.promote(ADMIN, "linear", 1).aliases == ("champion",)
    assert held() == {"champion": 1, "previous": None, "challenger": 2}
    promotion.promote(ADMIN, "linear", 2)
    assert held() == {"champion": 2, "previous": 1, "challenger": None}
    assert [(event.subject, event.details["previous"]) for event in audit.latest(action="model.promote")] == [
        ("linear v2", 1),
        ("linear v1", None),
    ]


def test_promoting_the_champion_itself_keeps_the_way_back() -> None:
    make_versions(2)
    for version in (1, 2, 2):
        promotion.promote(ADMIN, "linear", version)
    assert held() == {"champion": 2, "previous": 1, "challenger": None}
    assert promotion.roll_back(ADMIN, "linear").version == 1
    assert held() == {"champion": 1, "previous": 2, "challenger": None}


def test_an_editor_promotes_nothing() -> None:
    make_versions(2)
    promotion.promote(ADMIN, "linear", 1)
    promotion.promote(ADMIN, "linear", 2)
    for action in (lambda: promotion.promote(EDITOR, "linear", 1), lambda: promotion.roll_back(EDITOR, "linear")):
        with pytest.raises(ForbiddenError):
            action()
    assert held()["champion"] == 2


def test_what_is_not_there_is_not_promoted() -> None:
    make_dataset()
    with pytest.raises(registry.RegistryError):
        promotion.promote(ADMIN, "linear", 7)
    with pytest.raises(registry.RegistryError, match="no previous"):
        promotion.roll_back(ADMIN, "linear")
