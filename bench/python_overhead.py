#!/usr/bin/env python3
"""What Python adds to a run: the same request by `phosphene synth` and by ph.render_into, in turn, each in a process of its own.

    bench/python_overhead.py build/release/phosphene [--units 0-15] [--steps 200] [--rounds 9] [--threads 2]

Needs the package phosphene, of the same commit as the program. Columns: seconds of the whole process; of these, those before the first call
(Python's own start, the imports of NumPy and phosphene), and those of the calls, load() and render_into(). Medians over the rounds, with the
quartiles. Overhead: the median over the rounds of calls / program - 1.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

CALLS = """
import json, sys, time
import phosphene as ph
folder, units, steps, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
start = time.perf_counter()
net = ph.load("tin200", session=ph.Session(threads=threads))
report = ph.render_into(folder, net, "fc8:" + units, steps=steps)
print(json.dumps({"calls": time.perf_counter() - start, "drawn": report.drawn}))
"""


def timed(command):
    start = time.perf_counter()
    said = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, said


def by_program(options, folder):
    return timed([options.program, "synth", "tin200", "--layer", "fc8", "--units", options.units, "--steps", options.steps, "--threads", options.threads,
                  "--out", folder])[0]


def by_python(options, folder):
    seconds, said = timed([sys.executable, "-c", CALLS, folder, options.units, options.steps, options.threads])
    return seconds, json.loads(said)["calls"]


def same_pictures(*folders):
    """Whether the folders hold the same pictures in the same order; the names of the files depend on how units were named."""
    pictures = [[(folder / entry["file"]).read_bytes() for entry in json.loads((folder / "results.json").read_text())["images"]] for folder in folders]
    return bool(pictures[0]) and pictures[0] == pictures[1]


def row(name, values):
    low, middle, high = statistics.quantiles(values, n=4)
    print(f"| {name} | {middle:.3f} | {low:.3f} to {high:.3f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--units", default="0-15")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.program = options.program.resolve()
    program, python, calls = [], [], []
    for number in range(options.rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            ways = {"program": lambda: by_program(options, f"{folder}/program"), "python": lambda: by_python(options, f"{folder}/python")}
            done = {name: ways[name]() for name in (sorted(ways) if number % 2 else sorted(ways, reverse=True))}
            if number == 0:  # warms the files' cache
                assert same_pictures(pathlib.Path(folder, "program"), pathlib.Path(folder, "python")), "the pictures differ"
                continue
        program.append(done["program"])
        python.append(done["python"][0])
        calls.append(done["python"][1])
    print("| seconds | median | quartiles |\n| --- | --- | --- |")
    row("phosphene synth", program)
    row("Python, whole process", python)
    row("Python, before the first call", [whole - part for whole, part in zip(python, calls)])
    row("Python, the calls", calls)
    ratios = [part / whole - 1 for part, whole in zip(calls, program)]
    print(f"overhead of the calls: {100 * statistics.median(ratios):+.2f} % (quartiles {', '.join(f'{100 * value:+.2f}' for value in statistics.quantiles(ratios, n=4))})")


if __name__ == "__main__":
    main()
