#!/usr/bin/env bash
# ./demo as a newcomer runs it: every picture must rank first in its layer, the page must need nothing from outside its folder,
# and the atlas must have all outputs.
#   tests/end_to_end/demo.sh FOLDER
set -euo pipefail
mkdir -p "${1:?folder}"
out=$(readlink -f "$1")/demo
rm -rf "$out"
"$(dirname "$(readlink -f "$0")")/../../demo" "$out"

python3 - "$out" <<'END'
import json, os, re, sqlite3, sys
folder = sys.argv[1]
with open(os.path.join(folder, "results.json")) as file:
    images = json.load(file)["images"]
with open(os.path.join(folder, "index.html")) as file:
    linked = re.findall(r'(?:src|href)="([^"]+)"', file.read())
for image in images:
    print(f"{image['label']}: rank {image['rank']}, probability {image['probability']:.3f}")
absent = [name for name in linked + ["grid.png", "codes.npy"] if not os.path.isfile(os.path.join(folder, name))]
units, first = sqlite3.connect(os.path.join(folder, "tin200.atlas")).execute(
    "SELECT count(*), sum(rank = 1) FROM unit JOIN layer ON layer.id = unit.layer WHERE role = 'output' AND seed IS NOT NULL").fetchone()
print(f"atlas: {first} of {units} output units rank first")
if units != 200 or first < 190:
    sys.exit("error: the atlas lacks output units, or few of them rank first")
if len(images) != 12 or any(image["rank"] != 1 for image in images) or len(linked) < 12 or absent:
    sys.exit(f"error: {len(images)} pictures, not all first, or files are missing: {absent}")
END
