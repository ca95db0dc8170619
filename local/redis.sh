#!/usr/bin/env bash
# Runs Redis in the foreground. DATA: directory of the append-only file, PORT: TCP port on the loopback interface.
set -euo pipefail
: "${DATA:?DATA must name the data directory}" "${PORT:?PORT must be set}"

fail() { echo "$1" >&2; exit 1; }

command -v redis-server >/dev/null || fail "Redis is not installed: run ./carshare setup"
mkdir -p "$DATA" || fail "The data directory $DATA cannot be made: is the disk full?"
free_kb=$(df -Pk "$DATA" | awk 'NR == 2 { print $4 }')
(( free_kb > 20 * 1024 )) || fail "The disk of $DATA is full: Redis needs at least 20 MB"

exec redis-server --bind 127.0.0.1 -::1 --port "$PORT" --dir "$DATA" --appendonly yes --appendfsync everysec --save '' --daemonize no
