"""Checks that ports are free; otherwise says which program uses them and which setting changes them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address that one of our processes will listen on."""

    label: str
    host: str
    port: int
    variable: str


def port_problems(wanted: Iterable[Wanted]) -> list[str]:
    """One sentence for each address that is not available; empty when all are free."""
    problems, seen = [], dict[int, Wanted]()
    for one in wanted:
        if other := seen.get(one.port):
            problems.append(
                f"{other.label} and {one.label} both use port {one.port}. "
                f"Choose another port with {other.variable} or {one.variable}."
            )
        elif reason := _why_not(one.host, one.port):
            problems.append(
                f"{one.label} cannot use {one.host}:{one.port}: {reason}. "
                f"Stop that program, or choose another port, for example {one.variable}={one.port + 1}."
            )
        seen[one.port] = one
    return problems


def _why_not(host: str, port: int) -> str:
    if _answers(host, port):
        return f"{holder(port)} is listening there"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        if os.name == "posix":
            # Like the servers do: lingering connections of an earlier run are no obstacle.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except PermissionError:
            return "the system does not allow it (ports below 1024 need special permissions)"
        except OSError as error:
            return f"{holder(port)} uses it ({error.strerror or error})"
    return ""


def _answers(host: str, port: int) -> bool:
    # Binding alone is not enough: macOS allows a second program to bind beside one that listens on all addresses.
    try:
        with socket.create_connection((host, port), timeout=0.3):
            return True
    except OSError:
        return False


def holder(port: int) -> str:
    """The program that listens on ``port``; "another program" when the system does not say."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.Error, OSError):  # macOS allows this for root only
        return "another program"
    for connection in connections:
        listening = connection.status == psutil.CONN_LISTEN and connection.laddr
        if listening and connection.laddr.port == port and connection.pid:
            try:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
            except psutil.Error:
                break
    return "another program"
