# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
# shellcheck shell=bash
#
# The sources of scripts/kernel: Debian's, unpacked, and the series on them.
#
# Uses of its caller: $top, $here, $cache, $kernels, say, fail, usage_error, all_lines, takes_line, require, locked.
: "${top:=}" "${here:=}" "${cache:=}" "${kernels:=}"

command_lines() { all_lines; }

command_fetch() {
  local line lines=("$@") items=()
  (($#)) || mapfile -t lines < <(all_lines)
  for line in "${lines[@]}"; do
    takes_line "$line"
    items+=("linux-source/$line")
  done
  "$here/material" fetch "${items[@]}"
}

# source_of LINE: the folder with the packed source; fails if it is not fetched.
source_of() {
  [[ -s $cache/material/linux-source/$1/linux.tar.xz ]] ||
    fail "the source of $1 is not fetched; run: scripts/kernel fetch $1"
  printf '%s\n' "$cache/material/linux-source/$1"
}

# git_in FOLDER ARGUMENT...: git, deaf to the user's settings; commits are the same on every machine.
git_in() {
  GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=Virgil GIT_AUTHOR_EMAIL=virgil@localhost \
    GIT_COMMITTER_NAME=Virgil GIT_COMMITTER_EMAIL=virgil@localhost GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' \
    GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' git -C "$1" -c core.fsync=none -c gc.auto=0 "${@:2}"
}

command_tree() {
  (($# == 1 || $# == 2)) || usage_error "tree: expected LINE and at most a FOLDER, got $# arguments"
  takes_line "$1"
  local folder
  folder=$(realpath -m "${2:-$kernels/linux-$1}")
  locked "linux-$1" ready_tree "$1" "$folder"
  printf '%s\n' "$folder"
}

# ready_tree LINE FOLDER: unpacked and committed, of the source that is fetched now. A tree is made beside its place and
# renamed. What a tree is of, its file .git/virgil-source says.
ready_tree() {
  local line=$1 folder=$2 source sum new=$2.new
  source=$(source_of "$line")
  sum=$(sha256sum <"$source/SHA256SUMS" | cut -d' ' -f1)
  [[ ! -e $folder || -e $folder/.git/virgil-source ]] ||
    fail "$folder is there and was not made by scripts/kernel: give another FOLDER, or remove it"
  [[ $(cat "$folder/.git/virgil-source" 2>/dev/null) != "$sum" ]] || return 0
  require git:git xz:xz-utils tar:tar
  # Sums are looked at once, when they matter.
  (cd "$source" && sha256sum --check --quiet --strict SHA256SUMS >&2) ||
    fail "the source of $line is not as fetched; run: scripts/kernel fetch $line"
  say "unpacking the source of $line into $folder"
  rm -rf "$new"
  mkdir -p "$new"
  tar -xf "$source/linux.tar.xz" -C "$new" --strip-components=1 --no-same-owner
  # -f: Debian's tree has a .gitignore of /*.
  git_in "$new" -c init.defaultBranch=debian init -q
  git_in "$new" -c core.looseCompression=1 add -f -A
  git_in "$new" commit -q -m "Debian's linux-source-$line $(sed -n 's/^Version: //p' "$source/PROVENANCE")"
  printf '%s\n' "$sum" >"$new/.git/virgil-source"
  rm -rf "$folder"
  mv "$new" "$folder"
}

command_series() {
  (($# == 1 || $# == 2)) || usage_error "series: expected LINE and at most a FOLDER, got $# arguments"
  takes_line "$1"
  local folder
  folder=$(realpath -m "${2:-$kernels/linux-$1}")
  locked "linux-$1" ready_series "$1" "$folder"
  printf '%s\n' "$folder"
}

# generate_series LINE FOLDER: the patches, by the virgil command.
generate_series() {
  if [[ -n ${VIRGIL_SERIES:-} ]]; then
    cp "$VIRGIL_SERIES/$1"/*.patch "$2"
    return
  fi
  [[ -x $top/artefacts/virgil ]] || fail "artefacts/virgil is not there; run make all"
  "$top/artefacts/virgil" kernel-bundle --kernel "$1" --output "$2/bundle" >&2 ||
    fail "virgil kernel-bundle --kernel $1 failed, as said above"
  find "$2/bundle" -name '[0-9][0-9][0-9][0-9]-*.patch' -exec cp {} "$2" \;
}

# ready_series LINE FOLDER: the tree, with the series as it is now on branch virgil. Left alone if it is there already,
# so that make sees no file change. What is on the branch, the file .git/virgil-series says.
ready_series() {
  local line=$1 folder=$2 patches sum patch
  ready_tree "$line" "$folder"
  patches=$(mktemp -d)
  # shellcheck disable=SC2064 # as it is now
  trap "rm -rf '$patches'" EXIT
  generate_series "$line" "$patches"
  # The cover letter is for readers.
  rm -f "$patches"/0000-*.patch
  compgen -G "$patches/*.patch" >/dev/null || fail "the series for $line has no patches"
  sum=$(cat "$patches"/*.patch | sha256sum | cut -d' ' -f1)
  if [[ $(cat "$folder/.git/virgil-series" 2>/dev/null) == "$sum" ]] &&
    [[ $(git_in "$folder" symbolic-ref --short HEAD) == virgil ]] && git_in "$folder" diff --quiet HEAD; then
    return
  fi
  rm -f "$folder/.git/virgil-series"
  rm -rf "$folder/.git/rebase-apply"
  git_in "$folder" reset -q --hard
  git_in "$folder" checkout -q -B virgil debian
  for patch in "$patches"/*.patch; do
    git_in "$folder" am -q --committer-date-is-author-date --keep-cr "$patch" >&2 || {
      git_in "$folder" am --abort || true
      fail "$line: $(basename "$patch") does not apply to Debian's source, as said above"
    }
  done
  # Only what the patches say is in the tree; nothing ignored, nothing forgotten.
  [[ -z $(git_in "$folder" status --porcelain --untracked-files=no) ]] ||
    fail "$line: git am left changes behind in $folder"
  printf '%s\n' "$sum" >"$folder/.git/virgil-series"
  say "$line: $(find "$patches" -maxdepth 1 -name '*.patch' | wc -l) patches applied"
}
