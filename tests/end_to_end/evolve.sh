#!/usr/bin/env bash
# A search without gradients that is killed (SIGKILL) again and again gives the same results, to the byte, as one that is left alone; over
# JSON lines and over a watched folder. The scorer is deterministic: a checksum of the picture's file.
#   tests/end_to_end/evolve.sh PHOSPHENE FOLDER
set -euo pipefail

program=$(readlink -f "${1:?program}")
mkdir -p "${2:?folder}"
work=$(readlink -f "$2")/evolve
rm -rf "$work"
mkdir -p "$work/whole" "$work/killed" "$work/lab/shown"
cd "$work"

cat >lines.py <<'EOF'
import json, subprocess, sys, zlib
command = [sys.argv[1], "evolve", "--generations", "12", "--population", "8", "--threads", "1", "-o", "out"]
asking = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
print(asking.pid, flush=True)
try:
    for line in asking.stdout:
        pictures = json.loads(line).get("pictures", [])
        scores = {p["id"]: zlib.crc32(open(p["file"], "rb").read()) % 1000 for p in pictures}
        if pictures:
            print(json.dumps({"scores": scores}), file=asking.stdin, flush=True)
except BrokenPipeError:
    pass
sys.exit(asking.wait() != 0)
EOF

start=$(date +%s%N)
(cd whole && python3 ../lines.py "$program" >pid)
whole=$((($(date +%s%N) - start) / 1000000)) # milliseconds

RANDOM=${SEED:-$RANDOM}
kills=0
until [ "$kills" -ge 5 ]; do
  (cd killed && exec python3 ../lines.py "$program" >pid 2>/dev/null) &
  pause=$((whole * (20 + RANDOM % 50) / 100))
  sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
  kill -9 "$(cat killed/pid)" 2>/dev/null || { wait $! || true; break; } # it was done
  kills=$((kills + 1))
  wait $! || true
done
(cd killed && python3 ../lines.py "$program" >pid)
echo "killed $kills times"
[ "$kills" -gt 0 ] || { echo "error: no run was killed; the kills came too late" >&2; exit 1; }
diff -r whole/out killed/out

# The same search over a watched folder: the laboratory of this test answers with the same checksums.
(cd lab && exec "$program" evolve --generations 12 --population 8 --threads 1 --folder shown -o out 2>log.txt >out.txt) &
evolving=$!
for generation in $(seq -f %04g 0 11); do
  until [ -d "lab/shown/generation-$generation" ]; do kill -0 "$evolving" || { cat lab/log.txt; exit 1; }; sleep 0.05; done
  (cd lab/shown && python3 - "generation-$generation" >scores.tmp <<'EOF' && mv scores.tmp "generation-$generation.csv"
import pathlib, sys, zlib
for file in pathlib.Path(sys.argv[1]).glob("*.png"):
    print(f"{file.name},{zlib.crc32(file.read_bytes()) % 1000}")
EOF
  )
done
wait "$evolving"
cmp whole/out/results.json lab/out/results.json

# Bad input: one line, and exit code 1.
refused() {
  local code=0
  "$program" evolve -o "$work/refused" "${@:2}" </dev/null >/dev/null 2>refused.txt || code=$?
  [ "$code" -eq 1 ] && [ "$(grep -c '^error: ' refused.txt)" -eq 1 ] && grep -q -- "$1" refused.txt || { echo "error: ${*:2}: $code" >&2; cat refused.txt >&2; exit 1; }
}
refused "it ended before the last generation"
refused "there is no optimiser" --optimiser annealing
refused "give a number from" --optimiser "cma sigma=-1"
refused "the population is 2" --population 2
refused "cannot be opened" --start nowhere.npy
refused "--size" --size axb
refused "it is the output folder" --folder "$work/refused"
