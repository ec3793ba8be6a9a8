#!/usr/bin/env bash
# A build as a Slurm job array on this machine: 8 parts, one of them killed and requeued, merged equal to the bit to a build in one piece.
# munged, slurmctld and slurmd are started from a configuration in the folder and stopped at the end.
#   tests/end_to_end/slurm.sh PHOSPHENE FOLDER
set -euo pipefail

for tool in munged slurmctld slurmd sbatch; do
  command -v $tool >/dev/null || PATH=$PATH:/usr/sbin command -v $tool >/dev/null || {
    echo "skipped: $tool is not installed; tools/install-packages could not install slurm-wlm here"
    exit 0
  }
done
[ "$(id -u)" -eq 0 ] || { echo "skipped: slurmd starts jobs only as root"; exit 0; }
export PATH=$PATH:/usr/sbin

program=$(readlink -f "${1:?program}")
mkdir -p "${2:?folder}"
work=$(readlink -f "$2")/slurm
rm -rf "$work"
mkdir -p "$work"
cd "$work"
# A socket's path has at most 107 characters, and munge asks that nobody else may write above its files.
run=$(mktemp -d /tmp/phosphene-slurm-XXXXXX)
chmod 755 "$run"
daemons=()
finish() {
  local pid
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${daemons[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$run"
}
trap finish EXIT

host=$(hostname -s)
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
mkdir -p "$run/munge" "$run/state" "$run/spool"
head -c 1024 /dev/urandom >"$run/munge/key"
chmod 400 "$run/munge/key"
munged --foreground --force --key-file="$run/munge/key" --socket="$run/munge/socket" --pid-file="$run/munge/pid" --log-file="$work/munged.log" \
  --seed-file="$run/munge/seed" >"$work/munged.out" 2>&1 &
daemons+=($!)

cores=$(nproc)
cat >"$run/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
AuthType=auth/munge
AuthInfo=socket=$run/munge/socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$run/state
SlurmdSpoolDir=$run/spool
SlurmctldPidFile=$run/slurmctld.pid
SlurmdPidFile=$run/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
KillWait=2
MinJobAge=600
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$run/slurm.conf
slurmctld -D >"$work/slurmctld.out" 2>&1 &
daemons+=($!)
slurmd -D >"$work/slurmd.out" 2>&1 &
daemons+=($!)
for ((i = 0; i < 60; ++i)); do
  [ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && break
  sleep 1
done
[ "$(sinfo -h -o %T)" = idle ] || { echo "error: Slurm did not start" >&2; tail -n 20 "$work"/slurm*.log >&2; exit 1; }

options=(--layers "fc8:0-31,conv4/norm:0-15" --steps 30 --batch 8 --threads 1 --data /usr/share/datasets/fashion-mnist --most-pictures 400)
content() { "$program" atlas status "$1" --json | python3 -c 'import json, sys; s = json.load(sys.stdin); assert s["complete"], s; print(s["content"])'; }
"$program" atlas build tin200 "${options[@]}" -o whole.atlas >/dev/null 2>whole.log

"$program" atlas build tin200 "${options[@]}" --submit slurm --parts 8 -o net.atlas | tee submitted.txt
job=$(sed -n 's/^job \([0-9]*\),.*/\1/p' submitted.txt)
# Part 3 is killed with SIGKILL once it has kept a picture, and queued again.
for ((i = 0; i < 600; ++i)); do
  [ -s net.atlas.parts/part-3.atlas ] && [ "$(sqlite3 net.atlas.parts/part-3.atlas "SELECT count(*) FROM picture" 2>/dev/null)" -gt 0 ] 2>/dev/null && break
  sleep 0.2
done
state() { squeue -h -j "${job}_3" -o %T 2>/dev/null || true; }
kept=$(sqlite3 net.atlas.parts/part-3.atlas "SELECT count(*) FROM picture")
if [ "$(state)" != RUNNING ]; then echo "error: part 3 ended before it could be killed: $(state)" >&2; exit 1; fi
scancel --signal=KILL --full "${job}_3"
for ((i = 0; i < 100; ++i)); do
  [ "$(state)" = RUNNING ] || break
  sleep 0.2
done
scontrol requeue "${job}_3"
echo "part 3 was killed with $kept of 6 pictures, and queued again"
for ((i = 0; i < 900; ++i)); do
  [ -z "$(squeue -h -j "$job" -t PENDING,RUNNING,COMPLETING,CONFIGURING -o %i 2>/dev/null)" ] && break
  sleep 1
done
if scontrol show job "$job" 2>/dev/null | grep -E "JobState=(FAILED|CANCELLED|TIMEOUT|NODE_FAIL)"; then
  tail -n 5 net.atlas.parts/*.log >&2
  echo "error: a part failed" >&2
  exit 1
fi
[ "$(ls net.atlas.parts/*.atlas | wc -l)" = 8 ]
bash -c "$(tail -n 1 submitted.txt)" >/dev/null 2>merge.log
sqlite3 net.atlas "PRAGMA integrity_check"
[ "$(content net.atlas)" = "$(content whole.atlas)" ] || { echo "error: the merged content differs from that of one piece" >&2; exit 1; }
echo "8 parts, merged: the content is that of a build in one piece"
