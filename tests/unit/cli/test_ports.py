"""A busy address is named before anything starts, with its holder and the variable that moves us."""

import os
import socket
from collections.abc import Iterator

import psutil
import pytest

from core.cli.ports import Wanted, port_problems
from tests.ports import free_port


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_busy_port_is_named_with_holder_and_variable(busy_port: int) -> None:
    [text] = port_problems([Wanted("Workbench", "127.0.0.1", busy_port, "SHIFUMI_WORKBENCH_PORT")])
    assert f"Workbench cannot use 127.0.0.1:{busy_port}" in text
    assert f"SHIFUMI_WORKBENCH_PORT={busy_port + 1}" in text
    if os.name == "posix" and os.uname().sysname == "Linux":
        assert f"{psutil.Process().name()} (process {os.getpid()})" in text


def test_free_ports_are_no_problem() -> None:
    wanted = [Wanted("A", "127.0.0.1", free_port(), "X"), Wanted("B", "127.0.0.1", free_port(), "Y")]
    assert port_problems(wanted) == []


def test_a_port_that_only_lingers_is_free() -> None:
    """After a stop the system keeps closed connections for a minute; a restart must not wait for it."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), listener.accept()[0] as served:
            served.shutdown(socket.SHUT_RDWR)  # the server's side closes first: that side lingers
    assert port_problems([Wanted("A", "127.0.0.1", port, "X")]) == []


def test_two_of_ours_on_one_port_are_told_apart(busy_port: int) -> None:
    port = free_port()
    [text] = port_problems(
        [Wanted("Workbench", "127.0.0.1", port, "A_PORT"), Wanted("Prefect", "127.0.0.1", port, "B_PORT")]
    )
    assert "Workbench and Prefect" in text and "A_PORT" in text and "B_PORT" in text
