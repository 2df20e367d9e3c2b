# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
# shellcheck shell=bash
#
# A private apt for scripts/material: one state per Debian suite under $cache/apt, so that "the candidate" of a
# package is always that of the suite asked for, and nothing of the user's system is read but its mirror, its
# keyring and its network settings (proxy, authentication). Signatures are verified as apt does by itself.
#
# Uses of its caller: $cache, $run (temporary folder of this run), say, fail.
: "${cache:=}" "${run:=}"

# The mirror of Debian's main archive that this machine uses, as an URI.
debian_mirror() {
  if [[ -n ${VIRGIL_DEBIAN_MIRROR:-} ]]; then
    printf '%s\n' "${VIRGIL_DEBIAN_MIRROR%/}"
    return
  fi
  # apt itself parses both source formats. Origin is known only once the machine's lists have been fetched: an
  # unknown one stays a literal $(ORIGIN) and passes; a wrong mirror cannot get past the signature.
  # shellcheck disable=SC2016 # apt replaces these, not the shell
  apt-get indextargets --format '$(ORIGIN)|$(RELEASE)|$(COMPONENT)|$(SITE)' 'Created-By: Packages' 2>/dev/null |
    awk -F'|' '
      $1 != "Debian" && $1 != "$(ORIGIN)" { next }
      $2 !~ /^(oldoldstable|oldstable|stable|testing|unstable|sid|bullseye|bookworm|trixie|forky|duke)$/ { next }
      $3 == "main" && $4 !~ /^cdrom:/ && !found { found = $4 }
      END { print found }'
}

# The machine's keyring of Debian's archive; nothing if there is none, then apt's own trusted keys count.
debian_keyring() {
  local file
  if [[ -n ${VIRGIL_DEBIAN_KEYRING:-} ]]; then
    [[ -r $VIRGIL_DEBIAN_KEYRING ]] ||
      fail "VIRGIL_DEBIAN_KEYRING: cannot read '$VIRGIL_DEBIAN_KEYRING'; it must name a keyring file (.gpg or .asc)"
    realpath "$VIRGIL_DEBIAN_KEYRING"
    return
  fi
  for file in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
    if [[ -r $file ]]; then
      printf '%s\n' "$file"
      return
    fi
  done
}

# apt_in SUITE TOOL ARG...: runs an apt tool on the private state of a suite.
apt_in() {
  local suite=$1 tool=$2
  shift 2
  # LC_ALL: messages are looked at; -c, not APT_CONFIG: the machine's apt.conf.d would overrule the latter.
  LC_ALL=C "$tool" -c "$cache/apt/$suite/apt.conf" "$@"
}

# write_suite SUITE: (re)writes the private state's configuration and its one source.
write_suite() {
  local suite=$1 home=$cache/apt/$1 mirror keyring
  mirror=$(debian_mirror) || exit
  [[ -n $mirror ]] || fail "no Debian mirror in this machine's apt sources; set VIRGIL_DEBIAN_MIRROR to the URI of" \
    "one (and VIRGIL_DEBIAN_KEYRING to a keyring of Debian's archive if the machine has none)"
  keyring=$(debian_keyring) || exit
  [[ ! -e $home/keyring.gpg ]] || keyring=$home/keyring.gpg
  mkdir -p "$home"/state/lists/partial "$home"/cache/archives/partial
  : >"$home/status"
  {
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$mirror" "$suite"
    printf 'Architectures: arm64 amd64\nTargets: Packages\n'
    [[ -z $keyring ]] || printf 'Signed-By: %s\n' "$keyring"
  } >"$home/debian.sources"
  cat >"$home/apt.conf" <<EOF
Dir::State "$home/state";
Dir::State::status "$home/status";
Dir::Cache "$home/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "";
Dir::Log "$home";
Dir::Etc::sourcelist "$home/debian.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
// The cache may lie where the user _apt cannot reach it.
APT::Sandbox::User "root";
#clear APT::Architectures;
APT::Architectures { "$(dpkg --print-architecture)"; "arm64"; "amd64"; };
#clear Acquire::Languages;
Acquire::Languages { "none"; };
Acquire::GzipIndexes "true";
Acquire::Retries "3";
// The machine's hooks are about the machine's own state.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Update::Error-Mode "any";
EOF
}

# update_suite SUITE: apt-get update; on failure apt's words are in $run/SUITE.log.
update_suite() {
  write_suite "$1"
  say "updating the package lists of $1"
  apt_in "$1" apt-get -qq update >"$run/$1.log" 2>&1
}

# ready_suite SUITE: the package lists of a suite, fresh; tried once per run.
ready_suite() {
  local suite=$1
  [[ ! -e $run/$suite.ready ]] || return 0
  [[ ! -e $run/$suite.failed ]] || fail "no package lists of $suite, as said above"
  : >"$run/$suite.failed"
  if ! update_suite "$suite"; then
    # In apt's words up to 2.x, and from 3.0.
    grep -qE 'NO_PUBKEY|Missing key' "$run/$suite.log" || fail_update "$suite"
    learn_keyring "$suite"
    update_suite "$suite" || fail_update "$suite"
  fi
  mv "$run/$suite.failed" "$run/$suite.ready"
}

fail_update() {
  fail "apt-get update failed for Debian's suite $1; is the network there?"$'\n'"$(<"$run/$1.log")"
}

# learn_keyring SUITE: the machine's keyring is older than the suite's key: takes the keyring from a suite that the
# machine does trust.
learn_keyring() {
  local suite=$1 donor deb file
  for donor in sid trixie bookworm; do
    [[ $donor != "$suite" ]] || continue
    if [[ ! -e $run/$donor.ready ]]; then
      update_suite "$donor" || continue
      : >"$run/$donor.ready"
    fi
    say "the machine's keyring does not know the key of $suite; taking debian-archive-keyring from $donor"
    deb=$(download "$donor" debian-archive-keyring "$run/keyring-$donor") || exit
    dpkg-deb -x "$deb" "$run/keyring-$donor"
    for file in "$run/keyring-$donor"/usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
      [[ -e $file ]] || continue
      cp -L "$file" "$cache/apt/$suite/keyring.gpg"
      return
    done
  done
  fail "no key of this machine verifies Debian's suite $suite, and no suite that it trusts brings a newer" \
    "debian-archive-keyring; set VIRGIL_DEBIAN_KEYRING to a keyring that has the key:"$'\n'"$(<"$run/$suite.log")"
}

# candidate SUITE PACKAGE[:ARCH]: the version that the suite has; nothing if it has none.
candidate() {
  { apt_in "$1" apt-cache show --no-all-versions "$2" 2>/dev/null || true; } | sed -n 's/^Version: //p' | head -n 1
}

# qualified SUITE PACKAGE ARCH: PACKAGE:ARCH, or plain PACKAGE where it is for all architectures. Nothing if neither.
qualified() {
  if [[ -n $(candidate "$1" "$2:$3") ]]; then
    printf '%s\n' "$2:$3"
  elif [[ -n $(candidate "$1" "$2") ]]; then
    printf '%s\n' "$2"
  fi
}

# download SUITE PACKAGE[:ARCH] FOLDER: brings one package, verified by apt; prints the file's path.
download() {
  local suite=$1 package=$2 folder=$3/deb log=$run/download.log deb
  rm -rf "$folder"
  mkdir -p "$folder"
  (cd "$folder" && apt_in "$suite" apt-get -q download "$package") >"$log" 2>&1 ||
    fail "apt-get could not download $package from Debian's suite $suite:"$'\n'"$(<"$log")"
  deb=$(find "$folder" -name '*.deb')
  [[ -f $deb ]] || fail "apt-get download $package ($suite) left no single .deb file:"$'\n'"$(<"$log")"
  printf '%s\n' "$deb"
}

# download_source SUITE PACKAGE FOLDER: brings the source of a package, verified by apt: the .dsc and the files it names.
# The index of a suite's sources is fetched for this alone, in a state of its own.
download_source() {
  local suite=$1 package=$2 folder=$3 home=$cache/apt/$1.source log=$run/download.log
  write_suite "$suite"
  mkdir -p "$home"/state/lists/partial "$home"/cache/archives/partial "$folder"
  : >"$home/status"
  sed "s|$cache/apt/$suite/|$home/|g; s|\"$cache/apt/$suite\"|\"$home\"|g" "$cache/apt/$suite/apt.conf" >"$home/apt.conf"
  sed -e 's/^Types:.*/Types: deb-src/' -e 's/^Targets:.*/Targets: Sources/' "$cache/apt/$suite/debian.sources" \
    >"$home/debian.sources"
  { apt_in "$suite.source" apt-get -qq update && (cd "$folder" &&
    apt_in "$suite.source" apt-get -q source --download-only "$package"); } >"$log" 2>&1 ||
    fail "apt-get could not download the source of $package from Debian's suite $suite:"$'\n'"$(<"$log")"
}
