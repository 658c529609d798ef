#!/usr/bin/env bash
# Time of 256 MiB between nodes of a development chain, one to another and one to four, against copying
# and hashing the file by hand, and the slots that the validator misses while it serves as fast as it
# can, for a minute more. All nodes share this machine, which must do nothing else. Needs what is built
# and Node 20 with npm. Takes three minutes. Ends with RESULT lines; fails where a slot is missed.
#
#   --quick    64 MiB, once each, and ten seconds: to see that it runs
set -euo pipefail
export OPG_PROFILE="${OPG_PROFILE:-release}"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=scripts/client/env.sh
source "$OPG_ROOT/scripts/client/env.sh"
cd "$OPG_ROOT"

case " $* " in *" -h "* | *" --help "*) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit ;; esac
[ -r /proc/self/stat ] || die "this bench reads CPU times from /proc, which only Linux has"
client_ready "$OPG_NODE" "$OPG_CLI"
exec node scripts/bench-blobs/main.mjs "$@"
