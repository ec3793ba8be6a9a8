#!/usr/bin/env bash
# kill -9 at any moment loses nothing: a training that is killed again and again writes the same model, to the byte, as one that is left alone,
# and its curve goes on.
#   tests/end_to_end/kill_and_resume.sh PHOSPHENE FOLDER [DATA]
set -euo pipefail

program=$(readlink -f "${1:?program}")
mkdir -p "${2:?folder}"
work=$(readlink -f "$2")/kill_and_resume
data=$(readlink -f "${3:-/usr/share/datasets/fashion-mnist}")
rm -rf "$work"
mkdir -p "$work/whole" "$work/killed"
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
kills=0
while :; do
  (cd "$work/killed" && train >out.txt 2>>log.txt) &
  pause=$((whole * (40 + RANDOM % 40) / 100))  # on every machine before the training ends
  sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
  if [ "$kills" -ge 8 ] || ! kill -9 $! 2>/dev/null; then
    wait $!
    break
  fi
  wait $! 2>/dev/null || true
  kills=$((kills + 1))
done

resumed=$(grep -c "going on from step" "$work/killed/log.txt" || true)
steps() { cut -d, -f1 "$work/$1/net.curve.csv"; }
echo "killed $kills times, went on from a checkpoint $resumed times"
if [ "$resumed" -eq 0 ]; then echo "error: no run went on from a checkpoint; the kills came too early" >&2; exit 1; fi
cmp "$work/whole/net.onnx" "$work/killed/net.onnx"
cmp <(steps whole) <(steps killed)
