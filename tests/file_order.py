"""A pytest plugin: files that mostly wait for servers and files that mostly compute take turns.

With the servers' files first, as the folders come, three of them run at once and starve each other's browsers, and in
the end nothing is left to wait for. Spread evenly, the processors are busy from the first to the last minute.
"""

from __future__ import annotations

from itertools import chain

import pytest


def spread(waiting: list[str], computing: list[str]) -> list[str]:
    """Both lists as one, each in its own order and evenly distributed; what waits comes first.

    >>> spread(["w1", "w2"], ["c1", "c2", "c3", "c4"])
    ['w1', 'c1', 'c2', 'w2', 'c3', 'c4']
    """
    places = [(number / len(waiting), 0, name) for number, name in enumerate(waiting)]
    places += [(number / len(computing), 1, name) for number, name in enumerate(computing)]
    return [name for _, _, name in sorted(places, key=lambda place: place[:2])]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path.as_posix(), []).append(item)
    waiting = [name for name, held in files.items() if any(one.get_closest_marker("stack") for one in held)]
    computing = [name for name in files if name not in waiting]
    items[:] = chain.from_iterable(files[name] for name in spread(waiting, computing))
