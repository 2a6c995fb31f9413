"""mutmut's mutation operators, and our own: a removed call, check or return value.

mutmut changes operators, constants and arguments. The most expensive bugs so far were missing calls (``require(actor,
…)``, writing to a log), so those are generated too. Texts for users are not mutated; names and codes in quotes are.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst


def removed_call(node: cst.Expr) -> Iterable[cst.CSTNode]:
    """``require(actor, role)`` becomes ``pass``."""
    value = node.value.expression if isinstance(node.value, cst.Await) else node.value
    if isinstance(value, cst.Call):
        yield cst.Pass()


def removed_raise(node: cst.Raise) -> Iterable[cst.CSTNode]:
    """``raise TokenRevokedError`` becomes ``pass``."""
    yield cst.Pass()


def negated_condition(node: cst.If) -> Iterable[cst.If]:
    """``if drift.found:`` becomes ``if not (drift.found):``."""
    inner = node.test.with_changes(lpar=[cst.LeftParen(), *node.test.lpar], rpar=[*node.test.rpar, cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), inner), whitespace_before_test=cst.SimpleWhitespace(" "))


def nothing_returned(node: cst.Return) -> Iterable[cst.Return]:
    """``return version`` becomes ``return None``."""
    if node.value is not None and not (isinstance(node.value, cst.Name) and node.value.value == "None"):
        yield cst.Return(cst.Name("None"))


def other_code(node: cst.SimpleString) -> Iterable[cst.SimpleString]:
    """``"champion"`` becomes ``"XXchampionXX"``; whatever holds a blank is a sentence and stays."""
    if isinstance(node, cst.SimpleString) and node.quote in ("'", '"') and " " not in node.value and node.raw_value:
        quote = node.quote
        yield node.with_changes(value=f"{node.prefix}{quote}XX{node.raw_value}XX{quote}")


def install() -> None:
    """Put ours beside mutmut's, and our strings in place of its own."""
    from mutmut.mutation import mutators

    kept = [
        (kind, operator) for kind, operator in mutators.mutation_operators if operator is not mutators.operator_string
    ]
    ours = [
        (cst.SimpleString, other_code),
        (cst.Expr, removed_call),
        (cst.Raise, removed_raise),
        (cst.If, negated_condition),
        (cst.Return, nothing_returned),
    ]
    mutators.mutation_operators[:] = [*kept, *ours]
