# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
# shellcheck shell=bash
#
# Where the scripts keep what they fetch and build.
#
# Uses of its caller: fail.

# Sets $cache. The XDG specification has relative paths ignored.
locate_cache() {
  local base=${XDG_CACHE_HOME:-}
  if [[ $base != /* ]]; then
    [[ -n ${HOME:-} ]] || fail "neither XDG_CACHE_HOME nor HOME is set: set one of them to say where the cache lies"
    base=$HOME/.cache
  fi
  [[ $base != *[[:space:]\"]* ]] ||
    fail "the cache's path '$base' has a space or quote in it, which apt's files cannot express; set XDG_CACHE_HOME"
  # shellcheck disable=SC2034 # the caller's
  cache=$base/virgil
}
