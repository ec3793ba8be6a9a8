#!/usr/bin/env bash
# The wheels of tools/make-wheel on a bare Debian with Python and no other library, of this release and, made on Debian 12, also of Debian 13: installs
# one there with NumPy, draws a unit through the embedded prior, in Python and by the program.
#   tests/package/wheel.sh FOLDER
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
source "$here/bare.sh"
what="the wheels on bare systems"
mkdir -p "${1:?folder for wheels and systems}"
cd "$1"
bare_is_possible

# first_of 3.11|3.12+ PYTHON...   The first of some Pythons that is of this release and can build a module.
first_of() {
  local release=$1 python
  shift
  for python in "$@"; do
    "$python" - "$release" 2>/dev/null <<'END' && return
import ensurepip, os, sys, sysconfig
right = sys.version_info[:2] == (3, 11) if sys.argv[1] == "3.11" else sys.version_info >= (3, 12)
if not right or not os.path.exists(sysconfig.get_path("include") + "/Python.h"):
    sys.exit(1)
print(sys.executable)
END
  done
  return 1
}

# try RELEASE VERSION PYTHON   VERSION: that of Python in RELEASE; PYTHON: what makes the wheel
try() {
  local release=$1 version=$2 python=$3
  export bare="a bare Debian $release with Python $version"
  "$here/../../tools/make-wheel" --out "$PWD/wheels" "$python"
  /usr/bin/python3 -m venv tools
  tools/bin/pip download --quiet --retries 1 --timeout 20 --only-binary :all: --python-version "$version" --dest wheels 'numpy>=1.24' || skip "PyPI is not reached"
  unpack_bare "$release" python3,python3-venv
  cp -r wheels system/opt/wheels
  cat >system/opt/draw.py <<'END'
import phosphene as ph

result = ph.render("tin200", "fc8:34", steps=10)
print(result)
assert result.images.shape == (1, 64, 64, 3) and result.ranks[0] == 1
END
  cat >system/root/run <<'END'
set -euo pipefail
mount -t proc proc /proc
useradd --create-home visitor
echo "in $bare:"
runuser -u visitor -- bash -euc 'cd
  python3 -m venv env
  env/bin/pip install --quiet --no-index --find-links /opt/wheels phosphene
  env/bin/python /opt/draw.py
  env/bin/phosphene --version
  env/bin/phosphene synth tin200 --layer fc8 --units 34 --steps 10 -o out
  test -s out/results.json'
END
  run_bare
}

rm -rf wheels
before=$(first_of 3.11 /usr/bin/python3 python3.11 || true)
later=$(first_of 3.12+ /usr/bin/python3 python3.12 python3.13 python3.14 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python3 || true)
if [ "$(this VERSION_CODENAME)" = bookworm ]; then
  if [ -n "$before" ]; then try bookworm 3.11 "$before"; else echo "without Debian 12: needs Python 3.11"; fi
  if [ -n "$later" ]; then try trixie 3.13 "$later"; else echo "without Debian 13: needs Python 3.12 or later"; fi
else
  [ -n "$later" ] || skip "needs Python 3.12 or later"
  try "$(this VERSION_CODENAME)" "$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')" "$later"
fi
