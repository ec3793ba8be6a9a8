#!/usr/bin/env bash
# Networks of other frameworks in phosphene, held against onnxruntime and the frameworks themselves; their newest releases come from PyPI.
#   tests/peers/run.sh PROGRAM FOLDER           small: the embedded classifier, quantised by onnxruntime's tools
#   tests/peers/run.sh PROGRAM FOLDER --whole   all: timm, transformers, torchvision, Keras, MobileNet quantised; 5 GB and hours
# FOLDER keeps the environments for the next time. Without PyPI it is skipped.
set -euo pipefail
program=$(readlink -f "$1")
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$2"
folder=$(readlink -f "$2")
whole=${3:-}
failed=0

# An environment with the packages; false where they cannot be had.
environment() {
  local name=$1
  shift
  [ -x "$folder/$name/bin/python" ] || python3 -m venv "$folder/$name" || return 1
  "$folder/$name/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 30 "$@"
}

compare() { # environment, script, cases
  local python=$folder/$1/bin/python script=$2
  shift 2
  echo "-- $script"
  # One thread: two programs that both want all cores wait for each other.
  OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 "$python" -W ignore "$here/$script" "$program" --work "$folder" "$@" || failed=1
}

if ! environment small onnx onnxruntime; then
  echo "skipped: onnx and onnxruntime could not be installed from PyPI"
  exit 0
fi
compare small quantized_networks.py tin200
if [ "$whole" = --whole ]; then
  environment torch torch torchvision timm transformers onnx onnxruntime onnxscript
  compare torch quantized_networks.py mobilenet
  compare torch detectors.py
  compare torch towers.py
  environment generators torch onnx onnxruntime diffusers pytorch-pretrained-biggan stylegan2-pytorch
  compare generators generators.py
  compare torch timm_families.py --report "$folder/timm.json"
  environment keras tensorflow-cpu tf2onnx onnxruntime
  compare keras keras_applications.py
fi
exit "$failed"
