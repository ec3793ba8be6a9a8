#!/usr/bin/env python3
"""Judges what fashion_mnist.sh made, from the program's JSON: judge_fashion_mnist.py CLASSIFIER_JSON RESULTS_JSON"""

import json
import sys

MIN_ACCURACY = 0.85  # of the 10,000 test images
MIN_FIRST = 9        # of the 10 pictures


def find(value, key):
    """The first value under `key` at any depth, or None."""
    if isinstance(value, dict):
        if key in value:
            return value[key]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            found = find(item, key)
            if found is not None:
                return found
    return None


def main():
    with open(sys.argv[1]) as file:
        accuracy = find(json.load(file), "top1")
    with open(sys.argv[2]) as file:
        images = json.load(file)["images"]
    if accuracy is None:
        sys.exit(f"error: {sys.argv[1]} has no top1")
    ranks = {int(image["units"]): image["rank"] for image in images}
    if sorted(ranks) != list(range(10)):
        sys.exit(f"error: {sys.argv[2]} must have one image for each of ten units, has units {sorted(ranks)}")
    first = sum(rank == 1 for rank in ranks.values())
    print(f"accuracy {accuracy:.4f} (at least {MIN_ACCURACY}), {first} of 10 pictures rank first (at least {MIN_FIRST}); ranks {ranks}")
    return 0 if accuracy >= MIN_ACCURACY and first >= MIN_FIRST else 1


if __name__ == "__main__":
    sys.exit(main())
