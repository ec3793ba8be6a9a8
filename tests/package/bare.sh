# A bare Debian to try what users install; sourced by tests that set `what`, their subject. They are skipped where it cannot be had.
skip() { echo "skipped: $what: $1"; exit 0; }

this() { (source /etc/os-release && echo "${!1:-}"); } # what this system says of itself

bare_is_possible() {
  [ "$(this ID)" = debian ] && [ -n "$(this VERSION_CODENAME)" ] || skip "this system is $(this PRETTY_NAME)"
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  command -v debootstrap >/dev/null || skip "needs debootstrap"
}

# unpack_bare RELEASE [PACKAGE,PACKAGE...]   A fresh bare system in ./system. debootstrap makes it once, and it is kept.
unpack_bare() {
  local release=$1 packages=${2:-} mirror kept file
  kept=bare-$release${packages:+-${packages//,/-}}.tar
  # The mirror that this machine uses.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $(this VERSION_CODENAME)" 'Created-By: Packages' 'Origin: Debian' | head -n 1)
  [ -n "$mirror" ] || mirror=http://deb.debian.org/debian
  if [ ! -e "$kept" ]; then
    rm -rf making
    debootstrap --variant=minbase ${packages:+--include="$packages"} "$release" making "$mirror" >debootstrap.log 2>&1 ||
      skip "debootstrap did not succeed: $(tail -n 1 debootstrap.log)"
    tar -C making -cf bare.tar.part . && mv bare.tar.part "$kept"
    rm -rf making
  fi
  rm -rf system
  mkdir -p system
  tar -C system -xf "$kept"
  for file in /etc/resolv.conf /etc/apt/apt.conf.d/*proxy*; do
    [ ! -e "$file" ] || cp -L "$file" "system$file"
  done
}

# Runs system/root/run inside as root, with the variable `bare`, then removes the system. What apt-get downloads is kept in ./archives.
run_bare() {
  local status=0
  mkdir -p archives system/var/cache/apt/archives
  local mount_and_run='mount --bind archives system/var/cache/apt/archives && exec chroot system /usr/bin/env -i "bare=$bare" PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root bash /root/run'
  unshare --mount --propagation private bash -c "$mount_and_run" || status=$?
  rm -rf system
  return "$status"
}
