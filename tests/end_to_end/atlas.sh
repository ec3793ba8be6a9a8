#!/usr/bin/env bash
# An atlas that is killed (SIGKILL) at random moments of its build and of its merge has the same content, to the bit, as one that is left
# alone; SQLite finds no fault in the file at any time; and an adversarial pixel picture is called misleading.
#   tests/end_to_end/atlas.sh PHOSPHENE FOLDER [--long]   20 kills; with --long 60
set -euo pipefail

program=$(readlink -f "${1:?program}")
mkdir -p "${2:?folder}"
work=$(readlink -f "$2")/atlas
kills=20
[ "${3:-}" = --long ] && kills=60
rm -rf "$work"
mkdir -p "$work"
cd "$work"

data=/usr/share/datasets/fashion-mnist
options=(--layers "fc8:0-15,conv4/norm:0-7" --seeds 0-1 --steps 20 --batch 8 --data "$data" --most-pictures 600)
content() { "$program" atlas status "$1" --json | python3 -c 'import json, sys; s = json.load(sys.stdin); assert s["complete"], s; print(s["content"])'; }
sound() { [ ! -s "$1" ] || [ "$(sqlite3 "$1" "PRAGMA integrity_check")" = ok ] || { echo "error: $1 is damaged" >&2; exit 1; }; }

start=$(date +%s%N)
"$program" atlas build tin200 "${options[@]}" -o whole.atlas >/dev/null 2>whole.log
whole=$((($(date +%s%N) - start) / 1000000))  # milliseconds
expected=$(content whole.atlas)
[ "$(sqlite3 whole.atlas "SELECT count(*) FROM picture")" = 48 ]

seed=$RANDOM
echo "seed $seed; a build takes $whole ms"
RANDOM=$seed
# Kills COMMAND after a random part of the time that a build takes; false once the command has ended by itself.
killed() {
  local pause=$((whole * (5 + RANDOM % 60) / 100))
  "$@" >/dev/null 2>>killed.log &
  sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
  if kill -KILL $! 2>/dev/null; then
    wait $! 2>/dev/null || true
    return 0
  fi
  wait $!
  return 1
}

done_builds=0
for ((i = 0; i < kills; ++i)); do
  killed "$program" atlas build tin200 "${options[@]}" -o killed.atlas || true
  sound killed.atlas
  # A complete atlas begins again, so that every kill meets some work.
  if [ -s killed.atlas ] && "$program" atlas status killed.atlas --json 2>/dev/null | grep -q '"complete": true'; then
    [ "$(content killed.atlas)" = "$expected" ] || { echo "error: kill $i changed the content" >&2; exit 1; }
    rm killed.atlas
    done_builds=$((done_builds + 1))
  fi
done
"$program" atlas build tin200 "${options[@]}" -o killed.atlas >/dev/null 2>>killed.log
sound killed.atlas
[ "$(content killed.atlas)" = "$expected" ] || { echo "error: the content differs after $kills kills" >&2; exit 1; }
echo "$kills kills of a build, which was complete $((done_builds + 1)) times: same content"

for part in 1 2 3; do "$program" atlas build tin200 "${options[@]}" --part $part/3 -o part-$part.atlas >/dev/null 2>>parts.log; done
start=$(date +%s%N)
"$program" atlas merge part-*.atlas -o merged.atlas >/dev/null 2>merge.log
whole=$((($(date +%s%N) - start) / 1000000))
[ "$(content merged.atlas)" = "$expected" ] || { echo "error: the merged content differs" >&2; exit 1; }
rm merged.atlas
for ((i = 0; i < kills; ++i)); do
  killed "$program" atlas merge part-*.atlas -o merged.atlas || true
  sound merged.atlas
done
"$program" atlas merge part-*.atlas -o merged.atlas >/dev/null 2>>merge.log
sound merged.atlas
[ "$(content merged.atlas)" = "$expected" ] || { echo "error: the content differs after $kills kills of a merge" >&2; exit 1; }
echo "$kills kills of a merge: same content"
