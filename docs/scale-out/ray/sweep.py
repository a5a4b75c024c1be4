#!/usr/bin/env python3
"""A sweep on a Ray cluster: every task does one share, and the driver merges them.

    pip install ray
    python sweep.py --shares 8 --folder shares --out whole -- plan.json --vary PATH=VALUES …

Everything behind `--` is what `thirdtry sweep` is given. Folders must be seen by all nodes, and the program `thirdtry`
be installed on them (or named by `--program`). A share whose process dies is tried again and goes on where it stopped;
one that fails for good is named, and the same command, given again, does what is missing and nothing else.
"""

import argparse
import pathlib
import subprocess
import sys

import ray


class Lost(Exception):
    """The process of a share was killed."""


@ray.remote(num_cpus=1, max_retries=3, retry_exceptions=[Lost])
def share(program: str, number: int, of: int, sweep: list[str], folder: str) -> str:
    """Does share `number` of `of`; returns its folder."""
    out = pathlib.Path(folder) / str(number)
    if (out / "manifest.json").exists() and not (out / "INCOMPLETE").exists():
        return str(out)
    command = [program, "--quiet", "sweep", *sweep, f"--shard={number}/{of}", "--threads=1", f"--out={out}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode < 0:
        raise Lost(f"share {number}/{of} was killed by signal {-done.returncode}")
    if done.returncode:
        raise RuntimeError(f"share {number}/{of} ended with {done.returncode}: {done.stderr.strip()}")
    return str(out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="thirdtry")
    parser.add_argument("--shares", type=int, required=True, metavar="N")
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="for the shares")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="for the whole sweep")
    parser.add_argument("sweep", nargs="+", help="what `thirdtry sweep` is given")
    args = parser.parse_args()
    ray.init()
    folder, everything = str(args.folder.resolve()), range(1, args.shares + 1)
    tasks = [share.remote(args.program, number, args.shares, args.sweep, folder) for number in everything]
    folders = []
    for task in tasks:
        try:
            folders.append(ray.get(task))
        except ray.exceptions.RayError as error:
            print(error, file=sys.stderr)
    if len(folders) < args.shares:
        return 1
    return subprocess.run([args.program, "merge", *folders, f"--out={args.out}"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
