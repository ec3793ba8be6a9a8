#!/usr/bin/env bash
# Lets each fuzzer of a build run for some seconds, from the files of corpus.py and what earlier runs found.
#   tests/fuzz/in_process/run.sh BUILD [SECONDS] [FORMAT ...]     20 seconds, every format
# A file that crashes, takes over 5 s or over 1 GiB is kept in BUILD/fuzz/found and ends the run with code 1.
set -uo pipefail

build=$1 seconds=${2:-20}
shift $(($# < 2 ? $# : 2))
fuzzers=$build/tests/fuzzers
if [ ! -x "$fuzzers" ]; then
  echo "skipped: built without libFuzzer, which is libfuzzer-14-dev in Debian 12"
  exit 0
fi
corpus=$build/fuzz/corpus seeds=$build/fuzz/seeds found=$build/fuzz/found
python3 "$(dirname "$(readlink -f "$0")")/corpus.py" "$seeds" || exit 1
formats=("$@")
[ ${#formats[@]} -gt 0 ] || mapfile -t formats < <("$fuzzers" --formats)
[ -d /dev/shm ] && export TMPDIR=/dev/shm

run() {
  mkdir -p "$corpus/$1" "$found"
  "$fuzzers" --format="$1" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$found/$1-" "$corpus/$1" "$seeds/$1" >"$found/$1.log" 2>&1
  local status=$? executions
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/$1.log")
  echo "$1: ${executions:-0} executions in $seconds s"
  [ "$status" -eq 0 ] || tail -n 40 "$found/$1.log"
  return "$status"
}
failed=0
for format in "${formats[@]}"; do run "$format" || failed=$((failed + 1)); done
echo "${#formats[@]} formats, $failed failed"
[ "$failed" -eq 0 ]
