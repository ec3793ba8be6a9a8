#!/usr/bin/env python3
"""Checks what documents say of themselves: no cell or sentence stands for something to be filled in.

A cell "V3", and TODO, TBD, FIXME, XXX or ??? anywhere outside code, are faults of every Markdown file of the tree.
"""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = re.compile(r"`[^`]*`")
FAULTS = [
    (re.compile(r"\|\s*(V\d+|\?+|\.\.\.|_+)\s*(?=\|)"), "cell"),
    (re.compile(r"\b(TODO|TBD|FIXME|XXX)\b|\?\?\?"), "word"),
]


def faults_of(text):
    """Lines that hold a placeholder: (number, placeholder)."""
    return [(number, found.group().strip("| "))
            for number, line in enumerate(text.splitlines(), 1)
            for pattern, _ in FAULTS
            for found in pattern.finditer(line if line.startswith("|") else CODE.sub("", line))]


def check_itself():
    assert faults_of("| a | 1305 | V0 |") == [(1, "V0")]
    assert faults_of("| ? | b |\n\nTODO: measure") == [(1, "?"), (3, "TODO")]
    assert not faults_of("| VGG | V100 GPU | resnet_V2 | 3 |\nwhat is it?")
    assert not faults_of("grep `TODO` in the source")


def documents():
    for folder, below, files in os.walk(ROOT):
        below[:] = sorted(set(below) - {"build", ".git", "shared"})  # a build may hold a whole system, whose files come and go
        yield from (Path(folder, file) for file in sorted(files) if file.endswith(".md"))


def main():
    check_itself()
    faults = [f"{path.relative_to(ROOT)}:{number}: placeholder {word}"
              for path in documents() for number, word in faults_of(path.read_text())]
    print("\n".join(faults) or f"{len(list(documents()))} documents")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
