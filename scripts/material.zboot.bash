# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
# shellcheck shell=bash
#
# The items aarch64/zboot/LINE-METHOD. No package of Debian has an arm64 EFI zboot kernel: it is made here as
# `make vmlinuz.efi` would make it, out of Debian's source and Debian's own kernel. Such an image is an EFI application
# of a few tens of KiB (drivers/firmware/efi/libstub) with a compressed Image as its data. Only that application is
# compiled; the Image is aarch64/kernel/LINE's, so that release, modules and behaviour are the stock kernel's.
#
# Uses of its caller: $run, $material, say, fail, is_intact, and what material.items.bash defines.
: "${run:=}" "${material:=}"

# Parts of the kernel's source that the EFI application does not need and that take long to unpack.
readonly zboot_unneeded=('*/drivers/gpu/*.[chS]' '*/drivers/net/*.[ch]' '*/drivers/media/*.[ch]' '*/sound/*.c'
  '*/fs/*.c' '*/Documentation/*/*' '*/tools/testing' '*/tools/perf' '*.dts' '*.dtsi')

# build_zboot SUITE PACKAGE ARCH EFI_ARCH ITEM_FOLDER VERSION: PACKAGE is linux-source-LINE, VERSION is LINE-METHOD.
build_zboot() {
  local suite=$1 package=$2 arch=$3 item=$5 line=${6%-*} method=${6##*-} source=$run/linux kernel
  kernel=$material/aarch64/kernel/$line
  is_intact "$kernel" || fail "a zboot kernel is made out of aarch64/kernel/$line, which is not there as fetched"
  zboot_require_tools
  # Items of a line follow one another, and what is unpacked serves them all.
  if [[ ! -e $source/$package.ready ]]; then
    rm -rf "$source"
    mkdir "$source"
    unpack "$suite" "$package" "$arch" "$run/tree" "$source/provenance" >/dev/null
    tar -xf "$run/tree/usr/src/$package.tar.xz" -C "$source" --strip-components=1 --no-same-owner \
      "${zboot_unneeded[@]/#/--exclude=}"
    zboot_prepare "$source" "$kernel"
    : >"$source/$package.ready"
  fi
  say "  compiling its EFI part"
  zboot_make "$source" "$method"
  cp "$source/arch/arm64/boot/vmlinuz.efi" "$item/vmlinuz"
  chmod 644 "$item/vmlinuz"
  cp "$kernel/release" "$item/release"
  (cd "$material" && sha256sum "aarch64/kernel/$line/vmlinuz") >"$item/made-of"
  {
    cat "$source/provenance"
    printf '\nKernel: aarch64/kernel/%s, %s\n' "$line" "$(<"$kernel/release")"
    printf 'Compiler: %s\n' "$(aarch64-linux-gnu-gcc --version | head -n 1)"
  } >"$item/PROVENANCE"
}

zboot_require_tools() {
  local tool missing=()
  for tool in aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu gcc:gcc make:make flex:flex bison:bison bc:bc \
    hexdump:bsdextrautils sbattach:sbsigntool zstd:zstd; do
    command -v "${tool%:*}" >/dev/null || missing+=("${tool%:*} (Debian's package ${tool#*:})")
  done
  ((${#missing[@]} == 0)) || fail "missing on this machine: ${missing[*]}; scripts/install-needed installs what it can"
}

# kbuild SOURCE ARG...: the kernel's make, deaf to whoever calls this from a make of his own.
kbuild() {
  local source=$1 log=$run/kbuild.log
  shift
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$source" -j"$(nproc)" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
    EFI_ZBOOT_PAYLOAD=Image.debian "$@" >"$log" 2>&1 ||
    fail "the kernel's make $* failed:"$'\n'"$(tail -n 20 "$log")"
}

# zboot_prepare SOURCE KERNEL: all but compiling. The configuration is the kernel's own, so that the application places
# and maps the Image as that Image's own EFI stub would; what is off needs tools and does not reach the application.
zboot_prepare() {
  local source=$1 kernel=$2 image=$1/arch/arm64/boot/Image.debian
  cp "$kernel/config" "$source/.config"
  (
    cd "$source" || exit 1
    scripts/config --disable DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT --enable DEBUG_INFO_NONE --disable COMPAT \
      --disable RUST --disable MODULES --disable SYSTEM_TRUSTED_KEYRING --disable SECURITY_LOCKDOWN_LSM \
      --enable EFI_ZBOOT
  )
  # Debian signs its Images; behind the signature's place the kernel's .bss begins.
  cp "$kernel/vmlinuz" "$image"
  sbattach --remove "$image" 2>"$run/sbattach.log" ||
    fail "no signature could be taken off aarch64/kernel's vmlinuz: $(<"$run/sbattach.log")"
  # What the Image's code takes is a symbol of the vmlinux that it was made of; its PE header says the same.
  printf '.globl _kernel_codesize\n.set _kernel_codesize, %d\n' "$(code_size "$image")" |
    aarch64-linux-gnu-gcc -c -x assembler - -o "$source/vmlinux"
  # vmlinuz.efi without what it depends on, vmlinux and Image.
  # shellcheck disable=SC2016 # make's variables, not the shell's
  printf '\nPHONY += vmlinuz-alone\nvmlinuz-alone:\n\t$(Q)$(MAKE) $(build)=$(boot) $(boot)/vmlinuz.efi\n' \
    >>"$source/arch/arm64/Makefile"
}

# code_size IMAGE: up to where an arm64 Image is code: BaseOfCode + SizeOfCode of its optional header.
code_size() {
  local header
  header=$(le32 "$1" 60)
  printf '%d\n' $(($(le32 "$1" $((header + 24 + 20))) + $(le32 "$1" $((header + 24 + 4)))))
}

# le32 FILE OFFSET
le32() { od -A n -t u4 --endian=little -j "$2" -N 4 "$1" | tr -d ' '; }

# zboot_make SOURCE METHOD
zboot_make() {
  local source=$1 method=${2^^}
  (cd "$source" && scripts/config --disable KERNEL_GZIP --disable KERNEL_ZSTD --enable "KERNEL_$method")
  kbuild "$source" olddefconfig
  if ! grep -qx CONFIG_EFI_ZBOOT=y "$source/.config" || ! grep -qx "CONFIG_KERNEL_$method=y" "$source/.config"; then
    fail "the kernel's configuration does not take EFI_ZBOOT with KERNEL_$method"
  fi
  kbuild "$source" prepare
  kbuild "$source" drivers/firmware/efi/libstub/lib.a
  rm -f "$source"/arch/arm64/boot/vmlinuz*
  kbuild "$source" vmlinuz-alone
}
