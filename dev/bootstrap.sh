#!/bin/sh
# Makes the Python environment: bootstrap.sh VENV LOCK. Installs Debian's venv module where it is missing.
set -eu
venv=$1
lock=$2

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Python 3.11 or newer is needed as python3." >&2
  exit 1
fi
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
  rm -rf "$venv"
  if ! python3 -c 'import ensurepip' 2>/dev/null; then
    if [ "$(id -u)" != 0 ]; then
      echo "Debian's python3-venv is missing. Install it (apt-get install python3-venv), or run this as root." >&2
      exit 1
    fi
    echo "· installing python3-venv"
    apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv >/dev/null
  fi
  python3 -m venv "$venv"
fi
echo "· installing the Python packages of $lock"
# uv alone first, held to the lock's own hashes: it installs the rest in seconds
awk '/^uv==/ {on=1} on {print} on && !/\\$/ {exit}' "$lock" >"$venv/uv.lock"
"$venv/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$venv/uv.lock"
"$venv/bin/uv" pip sync -q --require-hashes --python "$venv/bin/python" "$lock"
"$venv/bin/uv" pip install -q --no-deps --no-build-isolation --python "$venv/bin/python" -e .
