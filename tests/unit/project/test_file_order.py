"""Files that wait and files that compute take turns."""

from hypothesis import given
from hypothesis import strategies as st

from tests.file_order import spread

_NAMES = st.lists(st.integers(), unique=True).map(lambda numbers: [str(number) for number in numbers])


@given(_NAMES, _NAMES)
def test_nothing_is_lost_each_keeps_its_order_and_no_part_has_too_many_of_one_kind(
    waiting: list[str], computing: list[str]
) -> None:
    waiting, computing = [f"w{name}" for name in waiting], [f"c{name}" for name in computing]
    mixed = spread(waiting, computing)
    assert [name for name in mixed if name in waiting] == waiting
    assert [name for name in mixed if name in computing] == computing
    for end in range(1, len(mixed) + 1):
        share = sum(name in waiting for name in mixed[:end]) / end
        assert abs(share - len(waiting) / len(mixed)) <= 1 / end


def test_what_waits_comes_first() -> None:
    assert spread(["w1", "w2"], ["c1", "c2", "c3", "c4"]) == ["w1", "c1", "c2", "w2", "c3", "c4"]
