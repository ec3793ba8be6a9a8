#!/usr/bin/env bash
# ./demo as a newcomer runs it: pictures must rank first in their layer, the pages must need nothing from outside their folder, and the
# atlas must have all outputs.
#   tests/end_to_end/demo.sh FOLDER
set -euo pipefail
mkdir -p "${1:?folder}"
out=$(readlink -f "$1")/demo
rm -rf "$out"
"$(dirname "$(readlink -f "$0")")/../../demo" "$out"

python3 - "$out" <<'END'
import json, os, re, sqlite3, sys
out = sys.argv[1]


def check(folder, least_first):
    with open(os.path.join(folder, "results.json")) as file:
        images = json.load(file)["images"]
    with open(os.path.join(folder, "index.html")) as file:
        linked = re.findall(r'(?:src|href)="([^"]+)"', file.read())
    for image in images:
        print(f"{image['label']}: rank {image['rank']}, probability {image['probability']:.3f}")
    absent = [name for name in linked + ["grid.png", "codes.npy"] if not os.path.isfile(os.path.join(folder, name))]
    first = sum(image["rank"] == 1 for image in images)
    if len(images) != 12 or first < least_first or len(linked) < 12 or absent:
        sys.exit(f"error: {folder}: {len(images)} pictures, {first} first, or files are missing: {absent}")


check(out, 12)
check(os.path.join(out, "scenes"), 10)  # at unit 94 a mosque and a palace are near: processors' last bits may decide
units, first = sqlite3.connect(os.path.join(out, "tin200.atlas")).execute(
    "SELECT count(*), sum(rank = 1) FROM unit JOIN layer ON layer.id = unit.layer WHERE role = 'output' AND seed IS NOT NULL").fetchone()
print(f"atlas: {first} of {units} output units rank first")
if units != 200 or first < 190:
    sys.exit("error: the atlas lacks output units, or few of them rank first")
END
