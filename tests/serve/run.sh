#!/usr/bin/env bash
# The pages of an atlas in Chromium, and hostile atlases and clients. Skipped where Chromium or PyPI cannot be had.
#   tests/serve/run.sh PROGRAM FOLDER [arguments of pytest]      FOLDER: for the environment
set -euo pipefail
export PHOSPHENE_PROGRAM=$(readlink -f "${1:?path of the program}")
mkdir -p "${2:?folder for the environment}"
folder=$(readlink -f "$2")
shift 2

skip() { echo "skipped: the pages: $1"; exit 0; }
PHOSPHENE_CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "needs Chromium (Debian's package chromium)"
export PHOSPHENE_CHROMIUM
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || skip "needs Python 3.11 or later"
[ -x "$folder/venv/bin/pip" ] || python3 -m venv "$folder/venv" || skip "needs python3-venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install --retries 1 --timeout 20 playwright pillow pytest >"$folder/pip.log" 2>&1 ||
  skip "PyPI is not reached: $(tail -n 1 "$folder/pip.log")"

cd "$(dirname "$(readlink -f "$0")")"
"$folder/venv/bin/python" -m pytest -q -rs -p no:cacheprovider --durations=5 "$@"
