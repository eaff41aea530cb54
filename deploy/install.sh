#!/bin/sh
# Install cloudward from a wheel: deploy/install.sh WHEEL PLACE STATE
#
# PLACE gets a Python environment with exactly the packages of requirements.txt, each compared with its hash;
# STATE becomes a folder that only its owner can look into. The container file and the guide call this script,
# and so does CI. Say whose hash the wheel must have with CLOUDWARD_SHA256, as its release tells it.
# CLOUDWARD_WHEELS names a folder of wheels for a machine without a package index.
# CLOUDWARD_PACKAGES names a folder where the packages lie already: then none are fetched.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 3 ] || { echo "usage: $0 WHEEL PLACE STATE" >&2; exit 2; }
wheel=$1 place=$2 state=$3
[ -f "$wheel" ] || { echo "install: there is no wheel $wheel" >&2; exit 2; }

hash=$(sha256sum "$wheel" | cut -d' ' -f1)
if [ -n "${CLOUDWARD_SHA256:-}" ] && [ "$hash" != "$CLOUDWARD_SHA256" ]; then
  echo "install: $wheel has the hash $hash, not $CLOUDWARD_SHA256" >&2
  exit 1
fi

umask 022
"${PYTHON:-python3}" -m venv --clear "$place"
python=$place/bin/python
pip() {
  if [ -n "${CLOUDWARD_WHEELS:-}" ]; then set -- "$@" --no-index --find-links "$CLOUDWARD_WHEELS"; fi
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-cache-dir "$@"
}
if [ -n "${CLOUDWARD_PACKAGES:-}" ]; then
  packages=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  echo "$CLOUDWARD_PACKAGES" > "$packages/packages.pth"
else
  pip --require-hashes --only-binary :all: -r "$here/requirements.txt"
fi
pip "$wheel"
install -d -m 0700 "$state"
