#!/usr/bin/env bash
# No end of the program loses anything: a training that is killed (SIGKILL) or stopped (SIGINT, SIGTERM) again and again writes the same model,
# to the byte, as one that is left alone, and its curve goes on. One that is stopped leaves with exit code 130.
#   tests/end_to_end/kill_and_resume.sh PHOSPHENE FOLDER [DATA]
set -euo pipefail

program=$(readlink -f "${1:?program}")
mkdir -p "${2:?folder}"
work=$(readlink -f "$2")/kill_and_resume
data=$(readlink -f "${3:-/usr/share/datasets/fashion-mnist}")
rm -rf "$work"
mkdir -p "$work/whole" "$work/ended"
export PHOSPHENE_CACHE=$work/cache

# The same relative paths in two folders, since a model stores its command.
train() {
  exec "$program" train classifier --data "$data" --widths 8,16,16,16,16 --fc 32 --max-images 20000 --epochs 2 --batch 32 --warm-up 50 \
    --log-every 10 --checkpoint-minutes 0.003 -o net.onnx
}

(cd "$work/whole" && train >out.txt 2>log.txt)  # decodes the pictures, too
rm "$work/whole"/*
start=$(date +%s%N)
(cd "$work/whole" && train >out.txt 2>log.txt)
whole=$((($(date +%s%N) - start) / 1000000))  # milliseconds

seed=$RANDOM
echo "seed $seed"
RANDOM=$seed
signals=(KILL INT TERM)
ends=0 stops=0
while :; do
  (cd "$work/ended" && train >out.txt 2>>log.txt) &
  pause=$((whole * (25 + RANDOM % 25) / 100))  # on every machine before the training ends
  sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
  signal=${signals[ends % 3]}
  if [ "$ends" -ge 9 ] || ! kill -"$signal" $! 2>/dev/null; then
    wait $!
    break
  fi
  code=0
  wait $! 2>/dev/null || code=$?
  ends=$((ends + 1))
  if [ "$code" -eq 0 ]; then break; fi  # it was writing the model already
  if [ "$signal" = KILL ]; then continue; fi
  if [ "$code" -ne 130 ]; then echo "error: SIG$signal ended it with exit code $code, not 130" >&2; exit 1; fi
  stops=$((stops + 1))
done

resumed=$(grep -c "going on from step" "$work/ended/log.txt" || true)
told=$(grep -c -E "stopped (after step [0-9]+, which net.checkpoint holds|before the first step)" "$work/ended/log.txt" || true)
steps() { cut -d, -f1 "$work/$1/net.curve.csv"; }
echo "ended $ends times, $stops of them by a stop, went on from a checkpoint $resumed times"
if [ "$resumed" -eq 0 ]; then echo "error: no run went on from a checkpoint; the ends came too early" >&2; exit 1; fi
if [ "$told" -ne "$stops" ]; then echo "error: $stops stops, but $told lines that say where" >&2; exit 1; fi
cmp "$work/whole/net.onnx" "$work/ended/net.onnx"
cmp <(steps whole) <(steps ended)
