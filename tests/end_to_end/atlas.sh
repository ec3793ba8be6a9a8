#!/usr/bin/env bash
# An atlas that is killed (SIGKILL) at random moments of its build and of its merge has the same content, to the bit, as one that is left
# alone; SQLite finds no fault in the file at any time. An export that is killed shows no page, and the next one completes it. A second
# network's judgement is what that network says of the pictures.
#   tests/end_to_end/atlas.sh PHOSPHENE FOLDER [--long]   4 kills of each; with --long 20
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
program=$(readlink -f "${1:?program}")
mkdir -p "${2:?folder}"
work=$(readlink -f "$2")/atlas
kills=4
[ "${3:-}" = --long ] && kills=20
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
# Kills COMMAND after a random part of the time that a build takes; false when the command ended by itself before.
killed() {
  local pause=$((whole * (5 + RANDOM % 60) / 100)) status=0
  "$@" >/dev/null 2>>killed.log &
  sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
  kill -KILL $! 2>/dev/null || true
  wait $! 2>/dev/null || status=$?
  case $status in
    137) return 0 ;;
    0) return 1 ;;
    *) echo "error: $2 $3 failed" >&2; tail -n 3 killed.log >&2; exit 1 ;;
  esac
}

done_builds=0 hits=0
while [ "$hits" -lt "$kills" ]; do
  killed "$program" atlas build tin200 "${options[@]}" -o killed.atlas && hits=$((hits + 1))
  sound killed.atlas
  # A complete atlas begins again, so that every kill meets some work.
  if [ -s killed.atlas ] && "$program" atlas status killed.atlas --json 2>/dev/null | grep -q '"complete": true'; then
    [ "$(content killed.atlas)" = "$expected" ] || { echo "error: kill $hits changed the content" >&2; exit 1; }
    rm killed.atlas
    done_builds=$((done_builds + 1))
  fi
done
"$program" atlas build tin200 "${options[@]}" -o killed.atlas >/dev/null 2>>killed.log
sound killed.atlas
[ "$(content killed.atlas)" = "$expected" ] || { echo "error: the content differs after $hits kills" >&2; exit 1; }
echo "$hits kills of a build, which was complete $((done_builds + 1)) times: same content"

for part in 1 2 3; do "$program" atlas build tin200 "${options[@]}" --part $part/3 -o part-$part.atlas >/dev/null 2>>parts.log; done
start=$(date +%s%N)
"$program" atlas merge part-*.atlas -o merged.atlas >/dev/null 2>merge.log
whole=$((($(date +%s%N) - start) / 1000000))
[ "$(content merged.atlas)" = "$expected" ] || { echo "error: the merged content differs" >&2; exit 1; }
rm merged.atlas
hits=0
while [ "$hits" -lt "$kills" ]; do
  killed "$program" atlas merge part-*.atlas -o merged.atlas && hits=$((hits + 1))
  sound merged.atlas
  # What is merged and measured is begun again, so that every kill meets some work.
  if [ -s merged.atlas ] && "$program" atlas status merged.atlas --json 2>/dev/null | grep -q '"complete": true'; then
    [ "$(content merged.atlas)" = "$expected" ] || { echo "error: kill $hits of a merge changed the content" >&2; exit 1; }
    rm merged.atlas
  fi
done
"$program" atlas merge part-*.atlas -o merged.atlas >/dev/null 2>>merge.log
sound merged.atlas
[ "$(content merged.atlas)" = "$expected" ] || { echo "error: the content differs after $hits kills of a merge" >&2; exit 1; }
echo "$hits kills of a merge: same content"

start=$(date +%s%N)
"$program" atlas export whole.atlas -o site >/dev/null 2>export.log
whole=$((($(date +%s%N) - start) / 1000000))
hits=0
while [ "$hits" -lt "$kills" ]; do
  if killed "$program" atlas export whole.atlas -o killed-site; then
    hits=$((hits + 1))
    [ ! -e killed-site/index.html ] || { echo "error: an export that was killed shows a page" >&2; exit 1; }
  else
    diff -r site killed-site
    rm -r killed-site
  fi
done
"$program" atlas export whole.atlas -o killed-site >/dev/null 2>>export.log
diff -r site killed-site
sound whole.atlas
echo "$hits kills of an export: same files"

# Judges come later: the network itself, whose ranks are known, and a small one that knows half of the classes by other numbers.
sqlite3 whole.atlas "SELECT label FROM unit JOIN layer ON id = layer WHERE role = 'output' AND unit < 16 AND unit % 2 = 0 ORDER BY unit DESC" >labels.txt
printf 'no such class\nnor this\n' >>labels.txt
"$program" train classifier --data "$data" --widths 8,8,8,8,8 --fc 16 --epochs 1 -o judge.onnx >/dev/null 2>train.log
for judge in tin200 judge.onnx; do
  labels=()
  [ "$judge" = tin200 ] || labels=(--judge-labels labels.txt)
  cp whole.atlas judged.atlas
  "$program" atlas build tin200 "${options[@]}" --judge "$judge" "${labels[@]}" -o judged.atlas >/dev/null 2>judged.log
  grep -q "48 of 48 pictures were there already" judged.log
  sound judged.atlas
  python3 "$here/judged_atlas.py" "$program" judged.atlas "$judge"
done
