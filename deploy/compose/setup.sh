#!/bin/sh
# Makes the two secrets that compose.yaml names, once. Keep a copy of master-key elsewhere: without it the database opens for nobody.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
[ -e secrets/database-password ] || openssl rand -hex 32 >secrets/database-password
[ -e secrets/master-key ] || openssl rand 32 >secrets/master-key
# The server runs as 10001, and compose shows the files to it with the owner they have here.
if [ "$(id -u)" = 0 ]; then
    chown 10001 secrets/master-key secrets/database-password
else
    echo "now: sudo chown 10001 $PWD/secrets/master-key $PWD/secrets/database-password" >&2
fi
