#!/bin/sh
# Go the way of an installation in a fresh folder, as CI does: deploy/try.sh [WHEEL]
#
# Install, start the server on this machine, ask how it is, make a backup, end it, restore. Nothing is left behind.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=
finish() {
  code=$?
  if [ -n "$server" ]; then kill "$server" 2> /dev/null || true; fi
  if [ $code -ne 0 ] && [ -f "$work/log" ]; then cat "$work/log" >&2; fi
  rm -rf "$work"
  exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM

step() { echo "try: $*"; }

wheel=${1:-}
if [ -z "$wheel" ]; then
  step build the wheel
  "${PYTHON:-python3}" -m pip wheel --quiet --no-deps --wheel-dir "$work/dist" "$here/.."
  wheel=$(ls "$work"/dist/*.whl)
fi

step install it
"$here/install.sh" "$wheel" "$work/place" "$work/state"

# As under systemd and in a container: no home, no folder of its own but the state and a temporary one.
mkdir "$work/tmp"
cloudward() {
  exec env -i PATH=/usr/bin:/bin HOME=/proc/nowhere TMPDIR="$work/tmp" PYTHONDONTWRITEBYTECODE=1 \
    CLOUDWARD_STORE="$work/state" "$work/place/bin/cloudward" "$@"
}

step start the server
cloudward serve --port 0 2> "$work/log" &
server=$!
until url=$(sed -n 's/^cloudward listens on //p' "$work/log") && [ -n "$url" ]; do
  kill -0 "$server" 2> /dev/null || { step "it ended"; exit 1; }
  sleep 0.1
done
"$work/place/bin/python" "$here/healthy.py" "$url" 60
step "healthy at $url"
"$work/place/bin/python" - "$url" << 'ASK'
import sys, urllib.request
page = urllib.request.urlopen(sys.argv[1]).read().decode()
assert '<div id="root">' in page, "the wheel holds no portal"
ASK
step "the portal is there"
(cloudward backup "$work/backup.tar" --keys)
kill -TERM "$server"
wait "$server" || { step "it ended with $?"; exit 1; }
server=
step "it ended when told"
(cloudward restore "$work/backup.tar" --store "$work/other")
[ -z "$(ls -A "$work/tmp")" ] || { step "left over: $(ls -A "$work/tmp")"; exit 1; }

unit=$work/cloudward.service
sed "s|/opt/cloudward/bin|$work/place/bin|" "$here/cloudward.service" > "$unit"
if command -v systemd-analyze > /dev/null; then
  told=$(systemd-analyze verify --man=no "$unit" 2>&1) && [ -z "$told" ] || { step "the unit: $told"; exit 1; }
  step "systemd takes the unit"
fi
