"""Which queries are offered, for which data."""

from __future__ import annotations

from typing import ClassVar

from core.storage.sql import Table
from core.workloads import get_workload
from core.workloads.linear.sql import EXAMPLES
from core.workloads.sql_examples import examples, quoted
from tests.small_workloads import Flowers, Prices

LINEAR = get_workload("linear")
CATALOG = Table("datasets", ("dataset_id",), "all datasets")
FLOWERS = Table("test-flowers", ("dataset_id", "petal", "sepal", "stem", "label", "holdout"), "rows")


def test_without_data_the_workloads_own_examples_show_what_is_possible() -> None:
    assert list(examples([LINEAR, Prices()], [CATALOG])) == list(EXAMPLES)


def test_with_data_only_what_has_some_is_offered() -> None:
    found = examples([LINEAR, Flowers()], [CATALOG, FLOWERS])
    assert "Farthest points" not in found
    assert set(found) == {
        "Rows per dataset, Flowers",
        "Split sizes, Flowers",
        "Means per class, Flowers",
        "How datasets were generated",
    }
    assert 'FROM "test-flowers"' in found["Means per class, Flowers"]


def test_two_workloads_do_not_hide_each_others_examples() -> None:
    class Twin(Flowers):
        title = "Twin"
        sql_examples: ClassVar = {"Class balance": "SELECT 1"}

    found = examples([LINEAR, Twin()], [CATALOG, Table("linear", ("label",), ""), FLOWERS])
    assert found["Class balance, Twin"] == "SELECT 1"
    assert found["Class balance"] == EXAMPLES["Class balance"]


def test_names_are_quoted_where_sql_needs_it() -> None:
    assert (quoted("linear"), quoted("my-data"), quoted('a"b')) == ("linear", '"my-data"', '"a""b"')
