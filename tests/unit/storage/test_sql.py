"""SQL for people: what it shows, and everything it must not reach."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from core.auth.roles import Actor, Role
from core.config.settings import Settings
from core.storage import lake, sql, sql_worker
from core.storage.sql import QueryError, run_query
from core.storage.sql_worker import QueryRefusedError
from tests.learning import make_dataset
from tests.waiting import wait_until

ANN = Actor("ann", Role.VIEWER)


def here(query: str) -> pa.Table:
    """What the worker does, without the half second that its process takes to start."""
    order, _ = sql.order_for(query)
    return sql_worker.run(order)[0]


def test_each_dataset_the_union_and_the_listing_are_tables() -> None:
    first, second = make_dataset(seed=1), make_dataset(seed=2, rows=1_500)
    union = run_query(ANN, "SELECT dataset_id, count(*) AS n FROM linear GROUP BY 1 ORDER BY 1")
    assert union.rows.to_dict("list") == {"dataset_id": [first.id, second.id], "n": [2_000, 1_500]}
    one = run_query(ANN, f"SELECT count(*) AS n, min(label) AS low, max(label) AS high FROM dataset_{second.id}")  # noqa: S608
    assert one.rows.to_dict("records") == [{"n": 1_500, "low": 0, "high": 1}]
    listing = run_query(ANN, "SELECT dataset_id, (parameters->>'$.seed')::INT AS seed FROM datasets ORDER BY 1")
    assert listing.rows["seed"].tolist() == [1, 2]
    assert not union.truncated
    assert union.seconds > 0


def test_the_listed_tables_are_those_that_can_be_queried() -> None:
    dataset = make_dataset()
    listed = sql.tables()
    assert [table.name for table in listed] == ["datasets", "linear", f"dataset_{dataset.id}"]
    for table in listed:
        rows = run_query(ANN, f"SELECT {', '.join(table.columns)} FROM {table.name} LIMIT 1").rows  # noqa: S608
        assert list(rows.columns) == list(table.columns)
        assert len(rows) == 1


def test_without_datasets_the_listing_is_there_and_empty() -> None:
    assert run_query(ANN, "SELECT * FROM datasets").rows.empty
    assert [table.name for table in sql.tables()] == ["datasets"]


def test_rows_are_capped_and_the_cap_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "sql_max_rows", 10)
    capped = run_query(ANN, "SELECT i FROM range(1000) t(i) ORDER BY i DESC")
    assert capped.rows["i"].tolist() == list(range(999, 989, -1))
    assert capped.truncated
    assert not run_query(ANN, "SELECT i FROM range(10) t(i)").truncated


def test_a_query_that_takes_too_long_is_interrupted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "sql_timeout_s", 0.3)
    with pytest.raises(QueryError, match=r"Stopped after 0\.3 s"):
        run_query(ANN, "SELECT count(*) FROM range(1000000000) a, range(1000000) b")


def test_a_missing_file_leaves_the_other_tables_working() -> None:
    gone, kept = make_dataset(seed=1), make_dataset(seed=2)
    lake.delete(gone.path)
    result = run_query(ANN, "SELECT DISTINCT dataset_id FROM linear")
    assert result.rows["dataset_id"].tolist() == [kept.id]
    assert result.skipped == (f"dataset_{gone.id}",)
    with pytest.raises(QueryError, match=f"dataset_{gone.id}"):
        run_query(ANN, f"SELECT * FROM dataset_{gone.id}")  # noqa: S608


def test_a_damaged_file_leaves_the_other_tables_working() -> None:
    kept, damaged = make_dataset(seed=1), make_dataset(seed=2)
    lake.file_of(damaged.path).write_bytes(b"not parquet")
    result = run_query(ANN, "SELECT DISTINCT dataset_id FROM linear")
    assert result.rows["dataset_id"].tolist() == [kept.id]
    assert result.skipped == (f"dataset_{damaged.id}",)
    assert sql.tables()[1].columns[1] == "x1"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM '{secret}'",
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_csv_auto('{secret}', header=false)",
        "SELECT * FROM sniff_csv('{secret}')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_blob('{secret}')",
        "SELECT * FROM read_json('{secret}')",
        "SELECT * FROM read_parquet('{lake}/../secret.csv')",
        "SELECT * FROM read_parquet('{lake}/linear/*.parquet')",
        "SELECT * FROM read_parquet('{unlisted}')",
        "SELECT * FROM glob('{lake}/*')",
        "SELECT * FROM '{catalog}'",
        "SELECT * FROM sqlite_scan('{catalog}', 'users')",
        "SELECT * FROM read_text('../catalog.db')",
        "SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')",
        "WITH leak AS (SELECT * FROM read_text('{secret}')) SELECT * FROM leak",
        "SELECT getenv('SHIFUMI_DATA_DIR')",
        "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
        "SELECT * FROM enable_logging()",
    ],
)
def test_selects_reach_nothing_but_the_datasets(query: str, settings: Settings) -> None:
    make_dataset()
    secret = settings.data_dir / "secret.csv"
    secret.write_text("password\nhunter2\n", encoding="utf-8")
    unlisted = settings.lake_dir / "linear" / "unlisted.parquet"
    unlisted.write_bytes(next((settings.lake_dir / "linear").glob("*.parquet")).read_bytes())
    places = {"secret": secret, "lake": settings.lake_dir, "catalog": settings.data_dir / "catalog.db"}
    with pytest.raises(duckdb.Error) as refused:
        here(query.format(**places, unlisted=unlisted))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("ATTACH '{target}' AS x", "ATTACH"),
        ("COPY (SELECT 1) TO '{target}'", "COPY"),
        ("COPY dataset_1 FROM '{target}'", "COPY"),
        ("EXPORT DATABASE '{target}'", "EXPORT"),
        ("SET enable_external_access = true", "SET"),
        ("RESET lock_configuration", "SET"),
        ("PRAGMA database_list", "PRAGMA"),
        ("CALL pragma_version()", "CALL"),
        ("INSTALL httpfs", "LOAD"),
        ("LOAD httpfs", "LOAD"),
        ("CREATE TABLE t AS SELECT 1", "CREATE"),
        ("INSERT INTO datasets SELECT * FROM datasets", "INSERT"),
        ("UPDATE datasets SET rows = 0", "UPDATE"),
        ("DELETE FROM datasets", "DELETE"),
        ("DROP TABLE datasets", "DROP"),
        ("VACUUM", "VACUUM"),
        ("PREPARE p AS SELECT 1", "PREPARE"),
        ("EXPLAIN SELECT 1", "EXPLAIN"),
    ],
)
def test_only_selects_run(query: str, named: str, tmp_path: Path) -> None:
    target = tmp_path / "out.db"
    with pytest.raises(QueryRefusedError, match=f"Only SELECT queries are allowed; this is {named}"):
        here(query.format(target=target))
    assert not target.exists()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("-- nothing but a remark", "contains 0 statements"),
        ("SELECT 1; SELECT 2", "contains 2 statements"),
        ("SELECT 1; DROP TABLE datasets", "contains 2 statements"),
        ("SELEC 1", "syntax error"),
        ("SELECT nothing FROM datasets", "nothing"),
        ("SELECT ?", "parameters"),
    ],
)
def test_what_cannot_run_says_why(query: str, message: str) -> None:
    with pytest.raises((duckdb.Error, QueryRefusedError), match=message):
        here(query)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "Enter a query first"),
        ("  \n ", "Enter a query first"),
        ("SELECT " + "1," * 20_000 + "1", "longer than"),
        ("SELECT 1; SELECT 2", "contains 2 statements"),
        ("COPY (SELECT 1) TO 'out.csv'", "Only SELECT queries are allowed; this is COPY"),
        ("SELECT * FROM read_text('/etc/passwd')", "Queries can only read the datasets"),
        ("SELECT nothing FROM datasets", "nothing"),
    ],
)
def test_people_are_told_what_is_wrong(query: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        run_query(ANN, query)


@pytest.mark.parametrize("query", ["SELECT 1;", "FROM datasets", "VALUES (1)", "DESCRIBE datasets", "SHOW TABLES"])
def test_the_short_forms_of_select_run(query: str) -> None:
    make_dataset()
    assert here(query).num_rows > 0


def test_columns_of_the_same_name_are_told_apart() -> None:
    assert here("SELECT 1 AS a, 2 AS a").column_names == ["a", "a_1"]


def test_a_result_too_big_for_a_page_is_refused() -> None:
    with pytest.raises(QueryError, match="too much for a page"):
        run_query(ANN, "SELECT repeat('x', 100000000) AS a")


@pytest.mark.skipif("sys.platform != 'linux'", reason="the ceiling for a process exists on Linux only")
def test_a_query_that_eats_memory_kills_only_itself() -> None:
    with pytest.raises(QueryError, match="exceeds the memory limit"):
        run_query(ANN, "SELECT repeat('x', 2000000000) AS a")
    with pytest.raises(QueryError, match="exceeds the memory limit"):
        run_query(ANN, "SELECT list(a.i * b.i) FROM range(100000) a(i), range(100000) b(i)")
    assert run_query(ANN, "SELECT 1 AS a").rows["a"].tolist() == [1]


def test_the_environment_of_the_worker_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIFUMI_ADMIN_PASSWORD", "hunter2")
    assert "hunter2" not in sql._bare_environment().values()


def test_only_a_few_queries_run_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "sql_timeout_s", 2.0)
    slow = "SELECT count(*) FROM range(1000000000) a, range(1000000) b"

    def run_slow() -> None:
        with pytest.raises(QueryError, match="Stopped after"):
            run_query(ANN, slow)

    threads = [threading.Thread(target=run_slow) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_until(lambda: sql._running._value == 0, what="both places are taken")  # type: ignore[attr-defined]
    with pytest.raises(QueryError, match="2 queries are running already"):
        run_query(ANN, "SELECT 1")
    for thread in threads:
        thread.join()
    assert run_query(ANN, "SELECT 1 AS a").rows["a"].tolist() == [1]
