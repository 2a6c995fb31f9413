"""`manage.py mutate`: mutate rooms of ``core`` and run their own tests against every mutant."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tools.mutate import sampling
from tools.mutate.report import report
from tools.mutate.rooms import ALWAYS, rooms_of
from tools.mutate.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".mutation"


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py mutate", description=__doc__)
    parser.add_argument("paths", nargs="*", help=f"files or folders of core (default: {' '.join(ALWAYS)})")
    parser.add_argument("--sample", type=int, metavar="N", help="a random sample of N mutants, spread over the rooms")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="which sample (default: 0)")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 2, metavar="N", help="mutants at a time")
    parser.add_argument("--without", action="append", default=[], metavar="FILE", help="leave this file of tests out")
    parser.add_argument("--again", action="store_true", help="run those that were killed before once more, too")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the report there")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run; returns 0 when at least 90 % of the mutants were killed."""
    options = _options(arguments)
    try:
        spaces = {
            room.name: Workspace(room, FOLDER / room.name, ROOT, options.without)
            for room in rooms_of(options.paths, ROOT)
        }
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    names = {}
    for name, space in spaces.items():
        space.refresh()
        names[name] = space.make()
    total = sum(len(found) for found in names.values())
    drawn = sampling.stratified(names, options.sample or total, options.seed)
    for name, space in spaces.items():
        wanted = drawn[name] if options.again else space.open_of(drawn[name])
        print(f"\n{name}: {len(drawn[name])} of {len(names[name])} mutants, {len(wanted)} of them to run", flush=True)
        try:
            space.run(wanted, options.children)
        except subprocess.CalledProcessError:
            print(f"The tests of {name} fail without any mutant: see {space.folder}/log.txt.", file=sys.stderr)
            return 1
    found = {name: space.outcome(drawn[name]) for name, space in spaces.items()}
    text = "\n".join(report(found, total))
    print(f"\n{text}")
    if options.out:
        options.out.write_text(f"{text}\n", encoding="utf-8")
    everything = [one for mutants in found.values() for one in mutants]
    return 0 if sum(one.noticed for one in everything) >= 0.9 * len(everything) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
