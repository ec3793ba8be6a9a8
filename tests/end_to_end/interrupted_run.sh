#!/usr/bin/env bash
# No end of the program loses a picture, and none is drawn twice: a run that is killed at random moments, stopped by Ctrl-C, or out of disk
# goes on by the same command, and leaves, to the byte, what a run that is left alone leaves. With --long also: 20 kills, and the memory of
# 10,000 jobs against that of 100.
#   tests/end_to_end/interrupted_run.sh PHOSPHENE FOLDER [--long]
set -euo pipefail

program=$(readlink -f "${1:?program}")
mkdir -p "${2:?folder}"
work=$(readlink -f "$2")/interrupted_run
kills=6
[ "${3:-}" = --long ] && kills=20
rm -rf "$work"
mkdir -p "$work"

# 200 units in 13 batches of 16.
draw() { exec "$program" synth tin200 --layer fc8 --units all --steps 8 --batch 16 -o "$1"; }
fail() { echo "error: $*" >&2; exit 1; }
kept() { cat "$1/partial/outcomes.jsonl" 2>/dev/null | wc -l; }
same() { diff -r "$work/whole" "$1" >/dev/null || fail "$1 is not what a run that was left alone leaves: $(diff -rq "$work/whole" "$1" | head -n 3)"; }

start=$(date +%s%N)
(draw "$work/whole") >"$work/whole.txt" 2>"$work/log.txt"
whole=$((($(date +%s%N) - start) / 1000000))  # milliseconds
[ ! -e "$work/whole/partial" ] || fail "a finished folder still holds partial/"

seed=$RANDOM
echo "a run takes $whole ms, seed $seed"
RANDOM=$seed
before=0
for ((kill = 1; kill <= kills; ++kill)); do
  (draw "$work/killed") >"$work/killed.txt" 2>>"$work/log.txt" &
  pause=$((whole / 20 + RANDOM % (whole / (kills / 2 + 5))))
  sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
  kill -KILL $! 2>/dev/null || true
  wait $! 2>/dev/null || true
  if [ ! -e "$work/killed/partial" ] && [ -e "$work/killed/results.json" ]; then break; fi  # it was faster
  now=$(kept "$work/killed")
  [ "$now" -ge "$before" ] || fail "kill $kill lost pictures: $before before, $now now"
  pictures=$(find "$work/killed" -name 'unit-*.png' 2>/dev/null | wc -l)
  [ $((pictures - now)) -le 1 ] || fail "$pictures pictures on disk, $now of them known: they would be drawn twice"
  before=$now
done
echo "$((kill - 1)) kills, $before pictures kept before the last run"
[ "$before" -gt 0 ] || fail "no kill came after a picture"
(draw "$work/killed") >"$work/killed.txt" 2>"$work/last.txt"
same "$work/killed"
cmp "$work/whole.txt" <(sed "s#$work/killed#$work/whole#" "$work/killed.txt")
there=$(sed -nE 's/^([0-9]+) of 200 pictures were there already$/\1/p' "$work/last.txt")
[ "${there:-0}" -ge "$before" ] || fail "the last run found ${there:-0} pictures, $before were kept"

# Ctrl-C: exit code 130, and what was finished is kept.
(draw "$work/stopped") >/dev/null 2>"$work/stopped.txt" &
until [ "$(kept "$work/stopped")" -gt 0 ]; do sleep 0.05; done
kill -INT $!
code=0
wait $! || code=$?
[ "$code" -eq 130 ] || fail "Ctrl-C ended it with exit code $code, not 130: $(tail -n 1 "$work/stopped.txt")"
grep -q "pictures are kept; the same command goes on" "$work/stopped.txt" || fail "a stop does not say what is kept"
(draw "$work/stopped") >/dev/null 2>>"$work/log.txt"
same "$work/stopped"

# A disk that is full, then one that may not be written: a line a picture that cannot be kept, the others stay, and the same command goes on.
small=$work/small
mkdir "$small"
if mount -t tmpfs -o size=600k tmpfs "$small" 2>/dev/null; then
  trap 'umount "$small"' EXIT
  code=0
  (draw "$small/out") >/dev/null 2>"$work/full.txt" || code=$?
  [ "$code" -eq 1 ] || fail "a full disk ended it with exit code $code, not 1"
  first=$(kept "$small/out")
  [ "$first" -gt 0 ] || fail "a full disk kept no picture"
  failed=$(grep -c "^error: unit [0-9]*, seed 0 > .*free space" "$work/full.txt" || true)
  [ "$failed" -eq $((200 - first)) ] || fail "$first of 200 pictures are kept, but $failed lines say which are not"
  mount -o remount,size=100m "$small"
  (draw "$small/out") >/dev/null 2>"$work/readonly.txt" &
  until [ "$(kept "$small/out")" -gt "$first" ]; do sleep 0.05; done
  mount -o remount,ro "$small" 2>/dev/null || true  # waits for no open file; else the run ends by itself
  code=0
  wait $! || code=$?
  mount -o remount,rw "$small"
  echo "full disk: $first kept; read-only: $(kept "$small/out") kept, exit code $code"
  (draw "$small/out") >/dev/null 2>>"$work/log.txt"
  same "$small/out"
else
  echo "skipped: a full disk (mounting a small one needs root)"
fi

"$program" replay "$work/whole" 2>>"$work/log.txt" | grep -q ": 200 of 200 pictures are the same to the bit" || fail "replay gives other bits"

if [ "${3:-}" = --long ]; then
  resident() {
    /usr/bin/env python3 - "$program" "$1" "$work/jobs$1" <<'END'
import resource, subprocess, sys
program, jobs, out = sys.argv[1:]
subprocess.run([program, "synth", "tin200", "--layer", "fc8", "--units", "0", "--seeds", f"0-{int(jobs) - 1}", "--steps", "1", "--batch", "16", "-o", out],
               check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
END
  }
  few=$(resident 100) many=$(resident 10000)
  awk -v few="$few" -v many="$many" 'BEGIN {
    printf "resident memory of 10,000 jobs over that of 100: %.2f (%d MiB)\n", many / few, many / 1024
    exit many > 1.1 * few }' || fail "memory grows with the number of jobs"
fi
