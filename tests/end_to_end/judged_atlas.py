#!/usr/bin/env python3
"""Compares what an atlas says of its judge with what `phosphene run` says of the same pictures: judged_atlas.py PHOSPHENE ATLAS JUDGE"""

import json
import pathlib
import sqlite3
import subprocess
import sys

CLOSE = 0.01  # probabilities: `run` makes a picture grey before it resizes it, and prints few digits
SEEN = 5      # a worse rank is a reason for doubt


def seen_by(program, judge, classes, file):
    """[(class, probability)]"""
    lines = subprocess.run([program, "run", judge, "--image", file, "--top", str(classes)], capture_output=True, text=True, check=True).stdout.splitlines()
    return [(int(line.split("\t")[-3]), float(line.split("\t")[-1])) for line in lines]


def main():
    program, atlas, judge = sys.argv[1:]
    db = sqlite3.connect(f"file:{atlas}?mode=ro", uri=True)
    (meta,) = db.execute("SELECT value FROM meta WHERE key = 'judge'").fetchone()
    labels = json.loads(meta)["labels"]
    file = pathlib.Path(atlas).with_suffix(".webp")
    judged = doubted = 0
    for role, label, webp, rank, probability, verdict, reasons in db.execute(
            "SELECT l.role, u.label, p.webp, p.judge_rank, p.judge_probability, p.verdict, p.reasons FROM picture p JOIN layer l ON l.id = p.layer "
            "JOIN unit u ON u.layer = p.layer AND u.unit = p.unit"):
        if role != "output" or label not in labels:
            assert rank is None and probability is None, (label, rank)
            continue
        file.write_bytes(webp)
        seen = dict(seen_by(program, judge, len(labels), str(file)))
        expected = seen[labels.index(label)]
        assert abs(probability - expected) < CLOSE, (label, probability, expected)
        first, last = (sum(other > bound for other in seen.values()) for bound in (expected + CLOSE, expected - CLOSE))
        assert first < rank <= last, (label, rank, first + 1, last)
        judged += 1
        if rank > SEEN:
            assert verdict != "sound" and any("second network" in reason for reason in json.loads(reasons)), (label, verdict, reasons)
            doubted += 1
    assert judged > 0
    print(f"judge {judge}: {judged} pictures judged as it sees them, {doubted} of them doubted for that")


if __name__ == "__main__":
    main()
