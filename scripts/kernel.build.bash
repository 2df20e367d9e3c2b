# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
# shellcheck shell=bash
#
# Configurations, builds and keys of scripts/kernel.
#
# Uses of its caller: $top, $cache, $kernels, say, fail, usage_error, takes_line, takes_architecture, require, locked, with_tree.
: "${top:=}" "${cache:=}" "${kernels:=}"

readonly configurations=$top/Tests/kernel/config

command_keys() {
  (($# == 0)) || usage_error "keys: expected no arguments, got $#"
  locked keys ready_keys
  printf '%s\n' "$kernels/keys"
}

# ready_keys: the owner's certificate is built into the kernels; the stranger's is not.
ready_keys() {
  local name new=$kernels/keys.new
  [[ ! -s $kernels/keys/stranger.crt ]] || return 0
  require openssl:openssl
  rm -rf "$new"
  mkdir -p "$new"
  for name in owner stranger; do
    openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 36500 -subj "/CN=Virgil's tests: $name" \
      -keyout "$new/$name.key" -out "$new/$name.crt" 2>"$new/log" || fail "openssl: $(<"$new/log")"
  done
  rm "$new/log"
  rm -rf "$kernels/keys"
  mv "$new" "$kernels/keys"
}

# build_folder LINE ARCH
build_folder() { printf '%s\n' "$kernels/build-$1-$2${VIRGIL_VARIANT:+-$VIRGIL_VARIANT}"; }

# kbuild LINE ARCH ARGUMENT...: the kernel's make, deaf to whoever calls this from a make of his own. What the compiler
# makes depends on neither place, time, user nor machine.
kbuild() {
  local line=$1 arch=$2 wrap='' settings
  shift 2
  ! command -v ccache >/dev/null || wrap='ccache '
  case $arch in
    aarch64) settings=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- "CC=${wrap}aarch64-linux-gnu-gcc") ;;
    x86_64) settings=(ARCH=x86_64 "CC=${wrap}gcc") ;;
  esac
  settings+=("CHECK=$(checker "$line")")
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL LC_ALL=C \
    CCACHE_DIR="$cache/ccache" CCACHE_BASEDIR="$kernels" CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=2G \
    KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 2026' KBUILD_BUILD_USER=virgil \
    KBUILD_BUILD_HOST=virgil make -s -C "$kernels/linux-$line" O="$(build_folder "$line" "$arch")" \
    -j"${JOBS:-$(nproc)}" "${settings[@]}" "$@"
}

# checker LINE: the sparse that the line's kernel takes: the machine's, or the one that scripts/material builds. A kernel
# whose checker does not please it is silently not checked.
checker() {
  local tree=$kernels/linux-$1 own=$cache/material/sparse/0.6.5/sparse
  if [[ -x $own && -e $tree/scripts/checker-valid.sh ]] &&
    [[ $(sh "$tree/scripts/checker-valid.sh" sparse -m64 2>/dev/null) != 1 ]]; then
    printf '%s\n' "$own"
  else
    printf 'sparse\n'
  fi
}

require_compilers() { # ARCH
  require make:make flex:flex bison:bison bc:bc openssl:openssl perl:perl
  case $1 in
    aarch64) require gcc:gcc aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu ;;
    # A kernel for x86_64 on another machine would need a cross compiler.
    x86_64)
      require gcc:gcc
      [[ $(gcc -dumpmachine) == x86_64-* ]] || fail "kernels for x86_64 are built on x86_64 machines; this is none"
      ;;
  esac
}

# fragments LINE ARCH: the files of the configuration, in order.
fragments() {
  local name folder=x86
  for name in common "$2" "$1" "$1-$2" keys ${VIRGIL_VARIANT:+"$VIRGIL_VARIANT"}; do
    [[ ! -e $configurations/$name.config ]] || printf '%s\n' "$configurations/$name.config"
  done
  # Half of the series is not enough: the architecture has to support it.
  [[ $2 != aarch64 ]] || folder=arm64
  ! grep -qx 'config ARCH_SUPPORTS_KEXEC_EFI' "$kernels/linux-$1/arch/$folder/Kconfig" ||
    printf '%s\n' "$configurations/series.config"
}

command_configure() {
  (($# == 2)) || usage_error "configure: expected LINE and ARCH, got $# arguments"
  takes_line "$1"
  takes_architecture "$2"
  with_tree "$1" locked "build-$1-$2" configure "$1" "$2"
  build_folder "$1" "$2"
}

# configure LINE ARCH: tinyconfig and the fragments, into the build folder. Left alone if it is that already.
configure() {
  local line=$1 arch=$2 folder wanted missed names=() tree=$kernels/linux-$1
  folder=$(build_folder "$line" "$arch")
  [[ -e $tree/Makefile ]] || fail "there is no tree of $line; run: scripts/kernel series $line"
  require_compilers "$arch"
  mapfile -t names < <(fragments "$line" "$arch")
  # What a configuration is made of. Of the series only what it does to Kconfig files: the rest changes often.
  wanted=$(
    {
      cat "${names[@]}" "$tree/.git/virgil-source"
      git -C "$tree" diff debian HEAD -- '*Kconfig*'
    } | sha256sum | cut -d' ' -f1
  )
  [[ $(cat "$folder/virgil-configured" 2>/dev/null) != "$wanted" ]] || return 0
  mkdir -p "$folder"
  rm -f "$folder/virgil-configured"
  locked keys ready_keys
  cmp -s "$kernels/keys/owner.crt" "$folder/virgil-owner.crt" || cp "$kernels/keys/owner.crt" "$folder/virgil-owner.crt"
  {
    kbuild "$line" "$arch" tinyconfig &&
      (cd "$folder" && KCONFIG_CONFIG=.config "$tree/scripts/kconfig/merge_config.sh" -m .config "${names[@]}") &&
      kbuild "$line" "$arch" olddefconfig
  } >"$folder/virgil-configure.log" 2>&1 ||
    fail "configuring $line for $arch failed:"$'\n'"$(tail -n 20 "$folder/virgil-configure.log")"
  missed=$(not_taken "$folder/.config" "${names[@]}")
  [[ -z $missed ]] || fail "the configuration of $line for $arch did not take:"$'\n'"$missed"
  printf '%s\n' "$wanted" >"$folder/virgil-configured"
}

# not_taken CONFIG FRAGMENT...: the symbols that did not get the value that the last fragment to name them says.
not_taken() {
  local wanted got
  cat "${@:2}" | grep '^CONFIG_' | tac | awk -F= '!seen[$1]++' | while IFS= read -r wanted; do
    got=$(grep "^${wanted%%=*}=" "$1" || true)
    case $wanted in
      *=n) [[ -z $got ]] || printf '  %s, but %s\n' "$wanted" "$got" ;;
      *) [[ $got == "$wanted" ]] || printf '  %s, but %s\n' "$wanted" "${got:-it is not set}" ;;
    esac
  done
}

# images LINE ARCH: what the tests boot: make's target and the file that it makes, in the build folder.
images() {
  case $2 in
    aarch64) printf '%s\n' 'Image arch/arm64/boot/Image' 'vmlinuz.efi arch/arm64/boot/vmlinuz.efi' ;;
    x86_64) printf '%s\n' 'bzImage arch/x86/boot/bzImage' ;;
  esac
}

# image_folder LINE ARCH: where the images lie that are built of the tree and the configuration as they are.
image_folder() {
  local folder compiler=gcc sum
  folder=$(build_folder "$1" "$2")
  [[ $2 != aarch64 ]] || compiler=aarch64-linux-gnu-gcc
  sum=$(
    {
      cat "$folder/.config" "$folder/virgil-owner.crt" "$kernels/linux-$1/.git/virgil-source"
      git -C "$kernels/linux-$1" rev-parse HEAD
      "$compiler" --version | head -n 1
    } | sha256sum | cut -c 1-16
  )
  printf '%s\n' "$kernels/images/$1-$2${VIRGIL_VARIANT:+-$VIRGIL_VARIANT}-$sum"
}

command_path() {
  (($# == 2)) || usage_error "path: expected LINE and ARCH, got $# arguments"
  takes_line "$1"
  takes_architecture "$2"
  local folder
  [[ -e $(build_folder "$1" "$2")/virgil-configured ]] || fail "$1 is not configured for $2: scripts/kernel build $1 $2"
  folder=$(image_folder "$1" "$2")
  [[ -d $folder ]] || fail "$1 for $2 is not built as it is now: scripts/kernel build $1 $2"
  printf '%s\n' "$folder"
}

command_build() {
  (($# >= 2)) || usage_error "build: expected LINE, ARCH and perhaps make's targets, got $# arguments"
  takes_line "$1"
  takes_architecture "$2"
  with_tree "$1" locked "build-$1-$2" build "$@"
}

# build LINE ARCH [TARGET...]
build() {
  local line=$1 arch=$2 folder place new target file targets=() log
  configure "$line" "$arch"
  folder=$(build_folder "$line" "$arch")
  if (($# > 2)); then
    kbuild "$@" >&2
    return
  fi
  place=$(image_folder "$line" "$arch")
  if [[ ! -d $place ]]; then
    log=$folder/virgil-build.log
    mapfile -t targets < <(images "$line" "$arch" | cut -d' ' -f1)
    say "building $line for $arch"
    kbuild "$line" "$arch" "${targets[@]}" >"$log" 2>&1 ||
      fail "building $line for $arch failed:"$'\n'"$(tail -n 30 "$log")"
    new=$place.new
    rm -rf "$new"
    mkdir -p "$new"
    while read -r target file; do cp "$folder/$file" "$new/$target"; done < <(images "$line" "$arch")
    cp "$folder/.config" "$new/config"
    cp "$folder/System.map" "$folder/include/config/kernel.release" "$log" "$new"
    mv "$new" "$place"
    forget_old "$line" "$arch"
  fi
  printf '%s\n' "$place"
}

# forget_old LINE ARCH: of what was built earlier, keeps the last four.
forget_old() {
  local old
  find "$kernels/images" -mindepth 1 -maxdepth 1 -name "$1-$2${VIRGIL_VARIANT:+-$VIRGIL_VARIANT}-????????????????" \
    -printf '%T@ %p\n' | sort -rn | tail -n +5 | while read -r _ old; do rm -rf "$old"; done
}

command_make() {
  (($# >= 3)) || usage_error "make: expected LINE, ARCH and make's arguments, got $# arguments"
  takes_line "$1"
  takes_architecture "$2"
  with_tree "$1" make_configured "$@"
}

make_configured() {
  locked "build-$1-$2" configure "$1" "$2"
  kbuild "$@"
}
