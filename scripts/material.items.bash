# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
# shellcheck shell=bash
#
# How scripts/material makes each kind of item out of Debian's packages. A builder is called as
# build_KIND SUITE PACKAGE DEB_ARCH EFI_ARCH ITEM_FOLDER VERSION, VERSION being the item's last part, and leaves the
# contract's files in ITEM_FOLDER.
#
# Uses of its caller: $run, say, fail, and what material.apt.bash defines.
: "${run:=}"

# unpack SUITE PACKAGE ARCH INTO PROVENANCE: brings one package, unpacks it into INTO, notes where it came from, and
# prints the names of the packages it depends on (of alternatives, the first).
unpack() {
  local suite=$1 package=$2 arch=$3 into=$4 provenance=$5 name deb
  name=$(qualified "$suite" "$package" "$arch")
  [[ -n $name ]] || fail "Debian's suite $suite has no package $package for $arch"
  say "  $name $(candidate "$suite" "$name") from $suite"
  deb=$(download "$suite" "$name" "$run")
  mkdir -p "$into"
  # Links and modes as packed; owners are whoever runs this.
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$into" --no-same-owner -f -
  {
    [[ ! -s $provenance ]] || printf '\n'
    printf 'Package: %s\nVersion: %s\nArchitecture: %s\nSuite: %s\nSHA256: %s\n' \
      "$(dpkg-deb -f "$deb" Package)" "$(dpkg-deb -f "$deb" Version)" "$(dpkg-deb -f "$deb" Architecture)" \
      "$suite" "$(sha256sum <"$deb" | cut -d' ' -f1)"
  } >>"$provenance"
  dpkg-deb -f "$deb" Pre-Depends Depends |
    sed -E 's/^(Pre-)?Depends: *//' | tr ',' '\n' | sed -E 's/\|.*//; s/^ +//; s/[ (:].*//' | sed '/^$/d'
  # A kernel's packages are large and their SHA-256 is noted.
  rm -f "$deb"
}

# unpack_all SUITE PACKAGE ARCH INTO PROVENANCE FILTER: the same for a package and all it depends on, directly or not,
# as far as the names match FILTER (an extended regular expression).
unpack_all() {
  local suite=$1 package=$2 arch=$3 into=$4 provenance=$5 filter=$6 wanted=("$2") seen=" $2 " next depends
  while ((${#wanted[@]})); do
    package=${wanted[0]}
    wanted=("${wanted[@]:1}")
    depends=$(unpack "$suite" "$package" "$arch" "$into" "$provenance")
    for next in $depends; do
      [[ $next =~ $filter && $seen != *" $next "* ]] || continue
      seen+="$next "
      wanted+=("$next")
    done
  done
}

# resolve TREE FILE: what a link in an unpacked tree means there, not on this machine: an absolute one starts at TREE.
resolve() {
  local tree=$1 file=$2 target hops
  for ((hops = 0; hops < 16; hops++)); do
    if [[ ! -L $file ]]; then
      target=$(realpath -e "$file") || fail "'${file#"$tree/"}' is not in the package"
      [[ $target == "$(realpath "$tree")"/* ]] || fail "'${file#"$tree/"}' leads out of the package"
      printf '%s\n' "$target"
      return
    fi
    target=$(readlink "$file")
    case $target in
      /*) file=$tree$target ;;
      *) file=$(dirname "$file")/$target ;;
    esac
  done
  fail "'${file#"$tree/"}' is a link without end"
}

# take TREE PATTERN TO: copies the one file of TREE whose path matches PATTERN (a glob over the whole path).
take() {
  local files source
  mapfile -t files < <(find "$1" ! -type d -path "$1/$2" | sort)
  [[ ${#files[@]} -eq 1 ]] || fail "expected one file '$2' in the package, found ${#files[@]}: ${files[*]#"$1"}"
  source=$(resolve "$1" "${files[0]}")
  mkdir -p "$(dirname "$3")"
  cp --sparse=auto "$source" "$3"
}

# take_if_there: the same, where the suite's version may not have the file.
take_if_there() {
  [[ -z $(find "$1" ! -type d -path "$1/$2" -print -quit) ]] || take "$@"
}

build_kernel() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree modules release
  # The meta package leads to the image; since 7.x that is split in image, binary, modules and base.
  unpack_all "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" '^linux-(image|binary|modules|base)-[0-9]'
  modules=$(find "$tree" -type d -path '*/lib/modules/*' -prune)
  [[ -d $modules ]] || fail "expected one folder lib/modules/RELEASE in $package of $suite, found: '$modules'"
  release=$(basename "$modules")
  mkdir -p "$item/lib/modules"
  # Since 7.x, image and configuration lie beside the modules; before, in /boot.
  if [[ -e $modules/vmlinuz ]]; then
    mv "$modules/vmlinuz" "$item/vmlinuz"
    take "$tree" "*/modules/$release/config" "$item/config"
  else
    take "$tree" "boot/vmlinuz-$release" "$item/vmlinuz"
    take "$tree" "boot/config-$release" "$item/config"
  fi
  printf '%s\n' "$release" >"$item/release"
  mv "$modules" "$item/lib/modules/$release"
  # build and source point to packages that are not here.
  find "$item/lib/modules" -type l -delete
  index_modules "$item" "$release"
  chmod -R a+rX "$item"
}

# index_modules ROOT RELEASE: what the package's installation script does: modules.dep and its kin.
index_modules() {
  local root=$1 release=$2 wrong
  # Newer kmod looks in usr/lib/modules, older in lib/modules.
  mkdir "$root/usr"
  ln -s ../lib "$root/usr/lib"
  wrong=$(PATH=$PATH:/usr/sbin:/sbin depmod -b "$root" "$release" 2>&1) ||
    fail "depmod could not index the modules of $release: $wrong"
  rm -r "${root:?}/usr"
  [[ -s $root/lib/modules/$release/modules.dep ]] || fail "depmod made no modules.dep for $release: $wrong"
}

# A kernel's source as Debian has it packed, 150 MB; scripts/kernel unpacks it.
build_linux-source() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree
  unpack "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" >/dev/null
  take "$tree" "usr/src/$package.tar.xz" "$item/linux.tar.xz"
}

# The checker of C that recent kernels ask for; a stable Debian's is too old for them. Built from Debian's source, which
# needs a compiler only. For the machine that it is built on.
build_sparse() {
  local suite=$1 package=$2 item=$5 source=$run/sparse tool
  for tool in gcc:gcc make:make; do
    command -v "${tool%:*}" >/dev/null || fail "missing on this machine: ${tool%:*} (Debian's package ${tool#*:})"
  done
  rm -rf "$source"
  mkdir -p "$source/tree"
  download_source "$suite" "$package" "$source"
  tar -xf "$source"/*.orig.tar.* -C "$source/tree" --strip-components=1 --no-same-owner
  say "  compiling it"
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$source/tree" -j"$(nproc)" HAVE_LLVM=no HAVE_SQLITE=no \
    HAVE_LIBXML=no HAVE_GTK=no sparse >"$run/sparse.log" 2>&1 ||
    fail "sparse could not be compiled:"$'\n'"$(tail -n 20 "$run/sparse.log")"
  cp "$source/tree/sparse" "$item/sparse"
  printf 'Source: %s\nSuite: %s\nSHA256: %s\n' "$package" "$suite" \
    "$(cat "$source"/*.orig.tar.* | sha256sum | cut -d' ' -f1)" >"$item/PROVENANCE"
}

build_stub() {
  local suite=$1 package=$2 arch=$3 efi=$4 item=$5 tree=$run/tree boot=usr/lib/systemd/boot/efi
  unpack "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" >/dev/null
  take "$tree" "$boot/linux$efi.efi.stub" "$item/linux$efi.efi.stub"
  take_if_there "$tree" "$boot/addon$efi.efi.stub" "$item/addon$efi.efi.stub"
  take_if_there "$tree" "$boot/systemd-boot$efi.efi" "$item/systemd-boot$efi.efi"
}

build_kexec-tools() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree
  unpack_all "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" '^(lib|zlib)'
  take "$tree" '*sbin/kexec' "$item/kexec"
  take_libraries "$tree" "$item/kexec" "$item/root"
}

# take_libraries TREE PROGRAM ROOT: what a dynamically linked program needs to run: its ELF interpreter and the
# closure over NEEDED. Under ROOT they lie where ld.so looks in a root file system without merged /usr; links are
# resolved, a library's file is called by its soname.
take_libraries() {
  local tree=$1 program=$2 root=$3 interpreter needed soname file
  interpreter=$(readelf -lW "$program" | sed -n 's/.*program interpreter: \(.*\)\]/\1/p')
  [[ -n $interpreter ]] || fail "$(basename "$program") names no ELF interpreter: a dynamically linked one was expected"
  take "$tree" "*${interpreter#/}" "$root$interpreter"
  mapfile -t needed < <(needed_of "$program")
  while ((${#needed[@]})); do
    soname=${needed[0]}
    needed=("${needed[@]:1}")
    # The interpreter is a library as well (ld-linux-*.so is NEEDED by libc).
    [[ $soname != "$(basename "$interpreter")" ]] || continue
    file=$(find "$tree" ! -type d -path "$tree/*lib/*-linux-gnu/$soname" -print -quit)
    [[ -n $file ]] || fail "$(basename "$program") needs $soname, which none of its packages' libraries brings"
    file=${file#"$tree/"}
    [[ ! -e $root/${file#usr/} ]] || continue
    take "$tree" "$file" "$root/${file#usr/}"
    mapfile -t -O "${#needed[@]}" needed < <(needed_of "$root/${file#usr/}")
  done
}

# needed_of FILE: the sonames in an ELF file's DT_NEEDED, of whatever architecture.
needed_of() {
  readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

build_busybox() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree
  unpack "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" >/dev/null
  take "$tree" '*bin/busybox' "$item/busybox"
  [[ -z $(needed_of "$item/busybox") ]] || fail "busybox of $package ($suite) is not static"
}

build_firmware() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree
  unpack "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" >/dev/null
  if [[ $arch == arm64 ]]; then
    take "$tree" usr/share/AAVMF/AAVMF_CODE.fd "$item/code.fd"
    take "$tree" usr/share/AAVMF/AAVMF_VARS.fd "$item/vars.fd"
    # QEMU's virt machine has two flash banks of 64 MiB and takes no smaller file.
    truncate -s 64M "$item/code.fd" "$item/vars.fd"
  else
    take "$tree" usr/share/OVMF/OVMF_CODE_4M.fd "$item/code.fd"
    take "$tree" usr/share/OVMF/OVMF_VARS_4M.fd "$item/vars.fd"
    take_if_there "$tree" usr/share/OVMF/OVMF_CODE_4M.secboot.fd "$item/code.secboot.fd"
    take_if_there "$tree" usr/share/OVMF/OVMF_VARS_4M.ms.fd "$item/vars.ms.fd"
  fi
}

# One package has all of QEMU's machines.
build_u-boot() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree
  unpack "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" >/dev/null
  if [[ $arch == arm64 ]]; then
    take "$tree" usr/lib/u-boot/qemu_arm64/u-boot.bin "$item/u-boot.bin"
  else
    take "$tree" usr/lib/u-boot/qemu-x86_64/u-boot.rom "$item/u-boot.rom"
  fi
}

build_ukify() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree
  unpack "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" >/dev/null
  take "$tree" usr/bin/ukify "$item/ukify"
}

build_shell() {
  local suite=$1 package=$2 arch=$3 efi=$4 item=$5 tree=$run/tree
  unpack "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" >/dev/null
  take "$tree" "usr/share/efi-shell-$efi/shell$efi.efi" "$item/shell.efi"
}

build_efitools() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree
  unpack "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" >/dev/null
  take "$tree" '*/efitools/*/HelloWorld.efi' "$item/HelloWorld.efi"
}

build_memtest86+() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree
  unpack "$suite" "$package" "$arch" "$tree" "$item/PROVENANCE" >/dev/null
  take "$tree" 'boot/*x64.efi' "$item/memtest.efi"
}

# What a package is installed on for a test: root.tar, a clean root file system as debootstrap makes it (minbase), and in
# debs/, as a repository for apt, the kernel and all that the root lacks to boot it, to kexec and to run a virgil that is
# not static.
build_root() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree log=$run/root.log keyring deb
  local packages=("$package" initramfs-tools systemd-boot systemd-boot-efi systemd-sysv udev dbus kexec-tools)
  packages+=(libarchive13t64 liblz4-1 libxml2 zstd)
  command -v mmdebstrap >/dev/null || fail "missing on this machine: mmdebstrap (Debian's package mmdebstrap)"
  # shellcheck disable=SC2154 # set by scripts/cache.bash
  keyring=$(sed -n 's/^Signed-By: //p' "$cache/apt/$suite/debian.sources")
  say "  a minute for a root file system"
  mmdebstrap --quiet --variant=minbase --architectures="$arch" --aptopt='APT::Install-Recommends "false"' "$suite" \
    "$item/root.tar" "deb ${keyring:+[signed-by=$keyring]} $(debian_mirror) $suite main" >"$log" 2>&1 ||
    fail "mmdebstrap made no root file system:"$'\n'"$(tail -n 20 "$log")"
  mkdir -p "$tree" "$item/debs"
  tar -xf "$item/root.tar" -C "$tree" ./var/lib/dpkg/status
  mkdir -p "$run/archives/partial"
  apt_in "$suite" apt-get -q -y -o "Dir::State::status=$tree/var/lib/dpkg/status" -o "Dir::Cache::archives=$run/archives" \
    -o "APT::Architecture=$arch" -o APT::Install-Recommends=false --download-only install "${packages[@]}" \
    >"$log" 2>&1 || fail "apt-get could not download the root's packages:"$'\n'"$(tail -n 20 "$log")"
  for deb in "$run"/archives/*.deb; do
    # shellcheck disable=SC2016 # dpkg's fields, not the shell's variables
    dpkg-deb --show --showformat='Package: ${Package}\nVersion: ${Version}\n' "$deb"
    printf 'Suite: %s\nSHA256: %s\n\n' "$suite" "$(sha256sum "$deb" | cut -d' ' -f1)"
    mv "$deb" "$item/debs/"
  done >"$item/PROVENANCE"
  (cd "$item/debs" && dpkg-scanpackages --multiversion . >Packages 2>"$log") ||
    fail "dpkg-scanpackages (Debian's package dpkg-dev): $(<"$log")"
}

# LAVA: the schemas and the dispatcher as Python packages beside what they import, lava-run, and the device types. The
# libraries that are bound to one version of Python count only where this machine's is that; Tests/labs/standins has
# what does instead.
build_lava() {
  local suite=$1 package=$2 arch=$3 item=$5 tree=$run/tree types python
  # Of the release of 2023, of that of 2026, of both. Not libguestfs, which is a hundred packages.
  python='async-timeout|netifaces|six|tz|aiohappyeyeballs|propcache|sentry-sdk|typing-extensions'
  python+='|aiohttp|aiosignal|attr|certifi|chardet|charset-normalizer|configobj|frozenlist|idna|jinja2|magic|markupsafe'
  python+='|multidict|pexpect|ptyprocess|pyudev|requests|setproctitle|urllib3|voluptuous|yaml|yarl'
  unpack_all "$suite" "$package" "$(dpkg --print-architecture)" "$tree" "$item/PROVENANCE" \
    "^(lava-(common|dispatcher-host)\$|libmagic|python3-($python)\$)"
  unpack "$suite" lava-server "$arch" "$tree" "$item/PROVENANCE" >/dev/null
  mv "$tree/usr/lib/python3/dist-packages" "$item/python"
  rm -r "${item:?}/python"/lava_{server,scheduler_app,results_app,rest_app} 2>/dev/null || true
  take "$tree" usr/bin/lava-run "$item/lava-run"
  types=$tree/usr/share/lava-server/device-types
  [[ -e $types/qemu.jinja2 ]] || fail "lava-server of $suite has no device type qemu"
  mv "$types" "$item/device-types"
  mkdir "$item/lib"
  find "$tree"/usr/lib/*-linux-gnu -name 'libmagic.so.1*' -exec mv {} "$item/lib" \;
}
