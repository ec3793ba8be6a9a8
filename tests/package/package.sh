#!/usr/bin/env bash
# What a user installs: a program that finds everything by itself, a library that shows only its own names and that a small project links to, and
# packages.
#   tests/package/package.sh BUILD FOLDER
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
build=$(readlink -f "${1:?folder of the build}")
mkdir -p "${2:?folder}"
cd "$2"
fail() { echo "error: $*" >&2; exit 1; }

# Installed, then moved. A folder called models above it must not be taken for the embedded ones.
rm -rf first moved
cmake --install "$build" --prefix "$PWD/first/usr" >install.log
mkdir -p moved/models
mv first/usr moved/usr
prefix=$PWD/moved/usr
library=$(readlink -f "$prefix"/lib*/libphosphene.so)

version=$("$prefix/bin/phosphene" --version)
[[ $version =~ ^phosphene\ [0-9]+\.[0-9]+\.[0-9]+\ \([0-9a-z-]+\)$ ]] || fail "--version says: $version"
(cd / && env -u PHOSPHENE_MODELS "$prefix/bin/phosphene" inspect tin200 >/dev/null) || fail "the installed program does not find the embedded network"

# The torch engine, where it was built.
if [ -e "$prefix"/lib*/phosphene/libphosphene_torch.so ]; then
  for engine in torch onednn; do
    "$prefix/bin/phosphene" run tin200 --image "$here/../../docs/pictures/demo.jpg" --top 1 --engine "$engine" >"$engine.txt" 2>/dev/null
  done
  cut -d' ' -f1-3 torch.txt | cmp - <(cut -d' ' -f1-3 onednn.txt) || fail "the torch engine of the installed library sees something else"
fi

# In an archive that git makes, the commit is known without git.
if git -C "$here" rev-parse -q --verify HEAD >commit.txt 2>&1; then
  rm -rf archive && mkdir archive
  git -C "$here/../.." archive HEAD cmake | tar -C archive -x
  cmake -D OUT="$PWD/archive/version.cpp" -P archive/cmake/commit.cmake
  grep -q "($(git -C "$here" log -1 --format=%h))" archive/version.cpp || fail "an archive does not know its commit: $(cat archive/version.cpp)"
fi

# Names that the library shows: its own.
names=$(nm -D --defined-only --demangle "$library" | cut -d' ' -f3-)
others=$(grep -vE '^((typeinfo|typeinfo name|vtable) for )?phosphene::' <<<"$names" || true)
[ -z "$others" ] || fail "the library exports $(head -n 3 <<<"$others")"

# A project that uses it, by CMake and by pkg-config.
cmake -S "$here/consumer" -B consumer -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release >consumer.log
cmake --build consumer >>consumer.log
consumer/consumer
pc=$(find "$prefix" -name phosphene.pc -printf '%h')
[[ "phosphene $(PKG_CONFIG_PATH=$pc pkg-config --modversion phosphene) " == "${version%(*}" ]] || fail "phosphene.pc names another version"
# shellcheck disable=SC2046 # words
c++ -std=c++20 -fsyntax-only "$here/consumer/consumer.cpp" $(PKG_CONFIG_PATH=$pc pkg-config --cflags phosphene)

# Completion asks nothing of the program.
completed=$(bash -c "source '$prefix/share/bash-completion/completions/phosphene'; COMP_WORDS=(phosphene train cod); COMP_CWORD=2; _phosphene; echo \"\${COMPREPLY[*]}\"")
[ "$completed" = coder ] || fail "the completion of \"phosphene train cod\" is \"$completed\""
grep -q 'phosphene train coder' "$prefix/share/man/man1/phosphene.1" || fail "the man page knows nothing of phosphene train coder"

# Packages.
rm -rf packages
(cd "$build" && cpack -B "$OLDPWD/packages") >cpack.log || { tail cpack.log; fail "cpack"; }
depends=$(dpkg-deb -f packages/phosphene_*.deb Depends)
for needed in libdnnl libonnx libprotobuf libfmt; do
  [[ $depends == *$needed* ]] || fail "the package does not depend on $needed: $depends"
done
[[ $depends != *torch* ]] || fail "the package depends on libtorch: $depends"
ls -l packages/*.deb packages/*.tar.gz
"$here/bare-debian.sh" packages bare-debian
