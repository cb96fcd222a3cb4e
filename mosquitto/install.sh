#!/bin/sh
# Installs what the system has to provide: Mosquitto with its clients, and Python's venv module; and with `tests`, what only
# the tests of examples/ need: a C compiler, libmosquitto's headers, shellcheck. Those may stay missing: the tests skip.
# Asks for sudo only where something is missing and we are not root.
set -eu

missing=""
optional=""
PATH="$PATH:/usr/sbin:/usr/local/sbin"
if [ "${1:-}" = tests ]; then
  optional=yes
  command -v shellcheck >/dev/null || missing="$missing shellcheck"
  # One look for all three: what it includes includes the C library's headers.
  echo '#include <mosquitto.h>' | gcc -E - >/dev/null 2>&1 || missing="$missing gcc libc6-dev libmosquitto-dev"
else
  command -v mosquitto >/dev/null || missing="$missing mosquitto"
  command -v mosquitto_pub >/dev/null || missing="$missing mosquitto-clients"
  "${PYTHON:-python3}" -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
fi
[ -n "$missing" ] || exit 0

cannot() {
  echo "missing:$missing; $1" >&2
  if [ -n "$optional" ]; then exit 0; else exit 1; fi
}

command -v apt-get >/dev/null || cannot "install them with this system's package manager, then run this again"

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || cannot "run as root: apt-get install$missing"
  as_root="sudo"
fi

# Debian's package starts a broker on port 1883 at once. We start our own, so ask it not to.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod +x "$policy"
  trap '$as_root rm -f "$policy"' EXIT
fi

echo "installing$missing" >&2
$as_root apt-get update -qq
# shellcheck disable=SC2086 # one word a package
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
