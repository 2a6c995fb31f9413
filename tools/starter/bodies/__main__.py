"""Renders a pool of cut-out hands from a body model; see docs/starter-model.md.

.venv/bin/python -m tools.starter.bodies --arms arms.npz --out bodies.npz --count 5000 --workers 2
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.starter.bodies.parallel_render import rendered
from tools.starter.bodies.pool import write_bodies


def main() -> None:
    """Read the arguments, extract people when there are none yet, render."""
    parser = argparse.ArgumentParser(prog="python -m tools.starter.bodies", description=__doc__.splitlines()[0])
    parser.add_argument("--arms", type=Path, required=True, help="people's arms; made with anny when missing")
    parser.add_argument("--out", type=Path, required=True, help="the pool")
    parser.add_argument("--count", type=int, default=5000, help="hands (default: 5000)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other hands (default: 0)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    wanted = parser.parse_args()
    if not wanted.arms.exists():
        from tools.starter.bodies.extract import extract

        extract(wanted.arms)
    count = write_bodies(wanted.out, rendered(wanted.arms, wanted.count, wanted.seed, wanted.workers))
    print(f"{count} hands, {wanted.out.stat().st_size / 1e6:.1f} MB: {wanted.out}")


if __name__ == "__main__":
    main()
