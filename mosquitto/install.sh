#!/bin/sh
# Installs what the system has to provide: Mosquitto with its clients, and Python's venv module.
# Asks for sudo only where something is missing and we are not root.
set -eu

missing=""
PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v mosquitto >/dev/null || missing="$missing mosquitto"
command -v mosquitto_pub >/dev/null || missing="$missing mosquitto-clients"
"${PYTHON:-python3}" -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "missing:$missing; install them with this system's package manager, then run this again" >&2
  exit 1
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "missing:$missing; run as root: apt-get install$missing" >&2; exit 1; }
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
# shellcheck disable=SC2086 - one word a package
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
