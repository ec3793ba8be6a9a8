#!/usr/bin/env bash
# The packages in a bare Debian of the release that built them: installs phosphene_*.deb there, draws a unit from another folder as another user;
# then removes the package and does the same with what the tarball holds. The bare system is made once by debootstrap and kept.
#   tests/package/bare-debian.sh PACKAGES FOLDER
set -euo pipefail
packages=$(readlink -f "${1:?folder of the packages}")
mkdir -p "${2:?folder for the system}"
cd "$2"

this() { (source /etc/os-release && echo "${!1:-}"); } # what this system says of itself
release=$(this VERSION_CODENAME)
export bare="a bare Debian ${release:-of no release}"
skip() { echo "skipped: the package in $bare: $1"; exit 0; }
[ "$(this ID)" = debian ] && [ -n "$release" ] || skip "this system is $(this PRETTY_NAME)"
[ "$(id -u)" -eq 0 ] || skip "needs root"
command -v debootstrap >/dev/null || skip "needs debootstrap"
# The mirror that this machine uses.
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" 'Created-By: Packages' 'Origin: Debian' | head -n 1)
[ -n "$mirror" ] || mirror=http://deb.debian.org/debian

# The packages that phosphene depends on are downloaded once too, and installed anew every time.
if [ ! -e "bare-$release.tar" ]; then
  rm -rf making
  debootstrap --variant=minbase "$release" making "$mirror" >debootstrap.log 2>&1 || skip "debootstrap did not succeed: $(tail -n 1 debootstrap.log)"
  tar -C making -cf bare.tar.part . && mv bare.tar.part "bare-$release.tar"
  rm -rf making
fi
rm -rf system
mkdir -p system archives
tar -C system -xf "bare-$release.tar"
for file in /etc/resolv.conf /etc/apt/apt.conf.d/*proxy*; do
  [ ! -e "$file" ] || cp -L "$file" "system$file"
done
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
mkdir -p system/var/cache/apt/archives
mount_and_run='mount --bind archives system/var/cache/apt/archives && exec chroot system /usr/bin/env -i "bare=$bare" PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root bash /root/run'
status=0
unshare --mount --propagation private bash -c "$mount_and_run" || status=$?
rm -rf system
[ "$status" -ne 77 ] || skip "no mirror of Debian answers"
exit "$status"
