#!/usr/bin/env bash
# The packages in a bare Debian of the release that built them: installs phosphene_*.deb there, draws a unit from another folder as another user;
# then removes the package and does the same with what the tarball holds.
#   tests/package/bare-debian.sh PACKAGES FOLDER
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/bare.sh"
packages=$(readlink -f "${1:?folder of the packages}")
mkdir -p "${2:?folder for the system}"
cd "$2"

release=$(this VERSION_CODENAME)
export bare="a bare Debian ${release:-of no release}"
what="the package in $bare"
bare_is_possible
unpack_bare "$release"
# The packages that phosphene depends on are downloaded once, and installed anew every time.
echo 'APT::Keep-Downloaded-Packages "true";' >system/etc/apt/apt.conf.d/90keep
cp "$packages"/phosphene_*.deb system/root/
tar -C system/opt -xf "$packages"/phosphene-*.tar.gz
mv system/opt/phosphene-* system/opt/phosphene

cat >system/root/run <<'END'
set -euo pipefail
mount -t proc proc /proc
export DEBIAN_FRONTEND=noninteractive
useradd --create-home visitor
draw() {
  echo "in $bare, $1:"
  runuser -u visitor -- sh -c "cd && rm -rf out && '$1' --version && '$1' synth tin200 --layer fc8 --units 34 --steps 10 -o out/lion && ls out/lion"
  runuser -u visitor -- test -s /home/visitor/out/lion/results.json
}
cd /root
install() { apt-get install -y -q --no-install-recommends ./phosphene_*.deb >apt.log 2>&1; }
# Its lists of packages may be old.
install || { apt-get update -qq -o APT::Update::Error-Mode=any || exit 77; install || { cat apt.log; exit 1; }; }
draw phosphene
apt-get remove -y -q phosphene >apt.log 2>&1
draw /opt/phosphene/bin/phosphene
END
status=0
run_bare || status=$?
[ "$status" -ne 77 ] || skip "no mirror of Debian answers"
exit "$status"
