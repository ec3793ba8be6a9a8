#!/usr/bin/env python3
"""Checks that includes go down the ladder only.

The ladder is the table of src/README.md, highest rung first. A file of rung R may include "phosphene/S/..." when S is R or stands
below it. "phosphene/NAME.h" is a header of include/phosphene/, what users of the library see: any file may include it, and it includes no
other file of the project. Within `engine` the reference kernels judge the fast ones, so reference/ may not include onednn/, and program.h neither.
A project include that is not written as "phosphene/..." is an error too: nobody could tell its rung.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "phosphene"
PUBLIC = ROOT / "include" / "phosphene"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
PUBLIC_INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"|<(?=phosphene/))([^">]+)[">]')
ENGINE_ORDER = ["", "reference", "onednn", "torch"]  # "": engine/*.h, the contract; lowest first


def read_ladder(readme):
    """Rungs of the table, lowest first."""
    rows = re.findall(r"^\| `(\w+)` \|", readme.read_text(), flags=re.MULTILINE)
    if len(rows) < 2 or len(set(rows)) != len(rows):
        sys.exit(f"error: {readme} > no table of rungs; rows read | `name` | text |")
    return rows[::-1]


def part_of_engine(parts):
    """Which of ENGINE_ORDER a path below engine/ belongs to; engine/engines.cpp, the table of engines, stands above them all."""
    if len(parts) > 1:
        return ENGINE_ORDER.index(parts[0]) if parts[0] in ENGINE_ORDER else len(ENGINE_ORDER)
    return 0 if parts[0].endswith(".h") else len(ENGINE_ORDER)


def faults_of(text, path, ladder):
    """Faults of one file; `path` is relative to src/phosphene."""
    rung, faults = path.parts[0], []
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        target = found.group(1).split("/")
        where = f"src/phosphene/{path}:{number}"
        if target[0] == "phosphene" and (PUBLIC / "/".join(target[1:])).is_file():
            continue
        if target[0] != "phosphene" or len(target) < 3:
            faults.append(f'{where}: "{found.group(1)}" is not written as "phosphene/RUNG/..."')
        elif target[1] not in ladder:
            faults.append(f"{where}: {target[1]} is no rung of src/README.md")
        elif ladder.index(target[1]) > ladder.index(rung):
            faults.append(f"{where}: {rung} may not include {target[1]}, which stands above it")
        elif rung == target[1] == "engine" and part_of_engine(target[2:]) > part_of_engine(path.parts[1:]):
            faults.append(f"{where}: within engine, {'/'.join(target[2:])} stands above {'/'.join(path.parts[1:])}")
    return faults


def faults_of_public(text, path):
    """Faults of a header of include/phosphene/."""
    return [
        f'include/phosphene/{path}:{number}: "{found.group(1)}" is not there for users of the library; write <phosphene/NAME.h>'
        for number, line in enumerate(text.splitlines(), 1)
        if (found := PUBLIC_INCLUDE.match(line)) and not ('"' not in line and (ROOT / "include" / found.group(1)).is_file())
    ]


def check_the_check(ladder):
    """The checker must find one fault of each sort, or it would pass by accident."""
    low, high = ladder[0], ladder[-1]
    cases = [
        (f"{low}/x.h", f"phosphene/{high}/y.h", 1),
        (f"{high}/x.h", f"phosphene/{low}/y.h", 0),
        (f"{low}/x.h", "y.h", 1),
        (f"{low}/x.h", "phosphene/nowhere/y.h", 1),
        ("engine/reference/x.cpp", "phosphene/engine/onednn/y.h", 1),
        ("engine/onednn/x.cpp", "phosphene/engine/reference/y.h", 0),
        ("engine/onednn/x.cpp", "phosphene/engine/torch/y.h", 1),
        ("engine/reference/x.cpp", "phosphene/engine/program.h", 0),
        (f"{low}/x.h", "phosphene/error.h", 0),
    ]
    for path, include, faults in cases:
        if len(faults_of(f'#include "{include}"', Path(path), ladder)) != faults:
            sys.exit(f"error: tests/ladder.py > {path} including {include} must give {faults} faults; repair the script")
    for include, faults in [("<phosphene/error.h>", 0), ("<string>", 0), (f"<phosphene/{low}/y.h>", 1), ('"phosphene/error.h"', 1)]:
        if len(faults_of_public(f"#include {include}", Path("x.h"))) != faults:
            sys.exit(f"error: tests/ladder.py > a public header that includes {include} must give {faults} faults; repair the script")


def main():
    ladder = read_ladder(ROOT / "src" / "README.md")
    check_the_check(ladder)
    files, faults = 0, []
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        files += 1
        relative = path.relative_to(SOURCE)
        if relative.parts[0] not in ladder:
            faults.append(f"src/phosphene/{relative}: {relative.parts[0]} is no rung of src/README.md")
            continue
        faults += faults_of(path.read_text(), relative, ladder)
    for path in sorted(PUBLIC.glob("*.h")):
        files += 1
        faults += faults_of_public(path.read_text(), path.name)
    print("\n".join(faults) if faults else f"{files} files, every include goes down")
    return 1 if faults or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
