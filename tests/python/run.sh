#!/usr/bin/env bash
# The Python package as a user gets it: a fresh environment, `pip install` of the checkout, its tests. Skipped where PyPI is not reached.
#   tests/python/run.sh BUILD FOLDER [--long]      --long: also the notebooks, and beside TensorFlow and timm
set -euo pipefail
program=$(readlink -f "${1:?folder of a build}")/phosphene
mkdir -p "${2:?folder for the environment}"
folder=$(readlink -f "$2")
long=${3:-}
notebooks=(--ignore test_notebooks.py)
[ "$long" != --long ] || notebooks=()
cd "$(dirname "$(readlink -f "$0")")/../.."

skip() { echo "skipped: the Python package: $1"; exit 0; }
python=/usr/bin/python3 # Debian's, whose headers and torch are installed
[ -x "$python" ] || python=python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || skip "needs Python 3.11 or later"
"$python" -c 'import ensurepip, venv' 2>/dev/null || skip "needs python3-venv"

# Other libraries that are installed are seen, to be tried beside it. What builds the module keeps its place, so that the compiler cache knows it.
venv=$folder/venv
[ -x "$venv/bin/pip" ] || "$python" -m venv --system-site-packages "$venv"
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
numpy='numpy>=1.24,<2' # the release that Debian's torch was built for
pip install --retries 1 --timeout 20 'scikit-build-core>=0.11' 'nanobind>=2.4' "$numpy" pytest pillow threadpoolctl >"$folder/pip.log" 2>&1 ||
  skip "PyPI is not reached: $(tail -n 1 "$folder/pip.log")"
pip install --retries 1 --timeout 20 "$numpy" onnx onnxruntime >>"$folder/pip.log" 2>&1 || echo "without onnx and onnxruntime beside it"
pip install --retries 1 --timeout 20 "$numpy" mypy pandas nbclient ipykernel >>"$folder/pip.log" 2>&1 || echo "without mypy, pandas and Jupyter: types, tables and notebooks are not tested"

start=$SECONDS
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
rm -rf "$folder/wheel"
pip wheel --no-build-isolation --no-deps --wheel-dir "$folder/wheel" . >"$folder/install.log" 2>&1 || { tail -n 40 "$folder/install.log"; exit 1; }
pip install --force-reinstall --no-deps "$folder"/wheel/*.whl
echo "built and installed in $((SECONDS - start)) s"
[ ! -x "$program" ] || export PHOSPHENE_PROGRAM=$program
unset PHOSPHENE_MODELS
cd python/tests # not beside the sources of the package
pytest() { OMP_WAIT_POLICY=passive "$venv/bin/python" -m pytest -q -rs -p no:cacheprovider --durations=5 "$@"; }
pytest "${notebooks[@]}"
[ "$long" = --long ] || exit 0

venv=$folder/beside
[ -x "$venv/bin/pip" ] || "$python" -m venv --system-site-packages "$venv"
pip install --retries 1 --timeout 20 "$numpy" pytest onnx onnxruntime tensorflow-cpu timm safetensors huggingface_hub pyyaml
pip install --force-reinstall --no-deps "$folder"/wheel/*.whl
pytest test_beside.py test_timm.py
