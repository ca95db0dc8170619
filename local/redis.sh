#!/usr/bin/env bash
# Runs Redis in the foreground. DATA: folder of the append-only file, PORT: TCP port on the loopback interface, PASSWORD: what clients have to say.
set -euo pipefail
umask 077
: "${DATA:?DATA must name the data folder}" "${PORT:?PORT must be set}" "${PASSWORD:?PASSWORD must be set}"
password=$PASSWORD
unset PASSWORD

fail() { echo "$1" >&2; exit 1; }

command -v redis-server >/dev/null || fail "Redis is not installed: run ./carshare setup"
mkdir -p "$DATA" || fail "The data folder $DATA cannot be made: is the disk full?"
chmod 700 "$DATA"
free_kb=$(df -Pk "$DATA" | awk 'NR == 2 { print $4 }')
(( free_kb > 20 * 1024 )) || fail "The disk of $DATA is full: Redis needs at least 20 MB"

# the password goes through a pipe: everybody can read a command line
exec redis-server - --bind 127.0.0.1 -::1 --port "$PORT" --dir "$DATA" --appendonly yes --appendfsync everysec --save '' --daemonize no \
    < <(echo "requirepass $password")
