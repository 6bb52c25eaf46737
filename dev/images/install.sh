#!/bin/sh
# Installs what a lock file adds to /opt/venv, runs a command, compiles what is new and copies it below /opt/new:
# install.sh LOCK [COMMAND…]
set -eu
lock=$1
shift
[ ! -s /run/ca.crt ] || export PIP_CERT=/run/ca.crt
rm -rf /opt/new && mkdir /opt/new && touch /opt/before
[ -d /opt/venv ] || python3 -m venv --without-pip /opt/venv
/usr/bin/python3 -m pip --python /opt/venv/bin/python install -q --no-cache-dir --no-compile --require-hashes -r "$lock"
"$@"
cd /opt/venv
# its pycs are never compared with the sources, which in an image do not change
find lib -name '*.py' -cnewer /opt/before | python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash -i -
find . ! -type d -cnewer /opt/before -print0 | tar --null -cf - -T - | tar -xf - -C /opt/new
