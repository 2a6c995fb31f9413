"""A pytest plugin: in CI a test gets a second try, and the run says so.

A machine that others use too can stop for seconds between any two steps of a browser, a server, a thread and a test.
The first failure is printed whole, for it may be the product's own race; more than :data:`MOST` of them fail the run.
Elsewhere there is no second try.
"""

from __future__ import annotations

import os

import pytest
from _pytest.terminal import TerminalReporter

MOST = 2
"""Tests of one run that may need their second try."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "CI" in os.environ:
        for item in items:
            item.add_marker(pytest.mark.flaky(reruns=1))


def _first_failures(config: pytest.Config) -> list[pytest.TestReport]:
    reporter: TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    return reporter.stats.get("rerun", []) if reporter else []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if len(_first_failures(session.config)) > MOST and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    failures = _first_failures(config)
    if not failures:
        return
    terminalreporter.section(f"{len(failures)} needed a second try")
    for report in failures:
        terminalreporter.write_line(f"{report.nodeid}, {report.when}:")
        terminalreporter.write_line(report.longreprtext)
    if len(failures) > MOST:
        terminalreporter.write_line(f"More than {MOST} of them: this run has failed.", red=True)
