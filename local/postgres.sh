#!/usr/bin/env bash
# Runs PostgreSQL in the foreground. DATA: data directory (made at the first run), PORT: TCP port on the loopback interface.
set -euo pipefail
: "${DATA:?DATA must name the data directory}" "${PORT:?PORT must be set}"

fail() { echo "$1" >&2; exit 1; }

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
[[ -n $bin ]] || bin=$(dirname "$(command -v postgres 2>/dev/null || true)")
[[ -x $bin/postgres && -x $bin/initdb ]] || fail "PostgreSQL is not installed: run ./carshare setup"

as_owner=()
if [[ $EUID -eq 0 ]]; then
    # PostgreSQL refuses to run as root; the capability lets its user read below a directory that only root can enter.
    id postgres >/dev/null 2>&1 || fail "The user postgres does not exist: run ./carshare setup"
    as_owner=(setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=+dac_read_search --ambient-caps=+dac_read_search)
    if ! "${as_owner[@]}" true 2>/dev/null; then
        as_owner=(setpriv --reuid=postgres --regid=postgres --init-groups)
        DATA=/var/tmp/carshare-postgres-$(printf '%s' "$DATA" | cksum | cut -d ' ' -f 1)
        echo "The capability dac_read_search is missing here: the data is kept in $DATA" >&2
    fi
fi

mkdir -p "$DATA" || fail "The data directory $DATA cannot be made: is the disk full?"
free_kb=$(df -Pk "$DATA" | awk 'NR == 2 { print $4 }')
(( free_kb > 100 * 1024 )) || fail "The disk of $DATA is full: PostgreSQL needs at least 100 MB"
# postgres wants its data and a place for the socket lock to itself
chmod 700 "$DATA"
[[ $EUID -ne 0 ]] || chown postgres:postgres "$DATA"
cd "$DATA"

if [[ ! -f $DATA/pgdata/PG_VERSION ]]; then
    rm -rf "$DATA/pgdata.new"
    "${as_owner[@]}" "$bin/initdb" --pgdata="$DATA/pgdata.new" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null \
        || fail "initdb failed in $DATA: see the lines above"
    mv "$DATA/pgdata.new" "$DATA/pgdata"
fi

# Left by a SIGKILL. Its process id may belong to somebody else by now, and postgres would then refuse to start.
pid_file=$DATA/pgdata/postmaster.pid
if [[ -f $pid_file ]]; then
    pid=$(head -n 1 "$pid_file")
    if [[ $(readlink "/proc/$pid/cwd" 2>/dev/null) == "$(readlink -f "$DATA/pgdata")" ]]; then
        fail "PostgreSQL already runs in $DATA (process $pid)"
    fi
    # backends of the killed server notice its death and leave; a new one must not start before
    for _ in {1..100}; do
        busy=false
        for process in /proc/[0-9]*; do
            [[ $(readlink "$process/cwd" 2>/dev/null) == "$(readlink -f "$DATA/pgdata")" ]] && busy=true && break
        done
        $busy || break
        sleep 0.1
    done
    rm -f "$pid_file"
fi

# The default lets a checkpoint begin after some minutes of load, by the volume of the log, and each makes the log longer for a while; so they go by time up to 3 MB/s.
exec "${as_owner[@]}" "$bin/postgres" -D "$DATA/pgdata" \
    -c listen_addresses=localhost -c port="$PORT" -c unix_socket_directories= \
    -c max_connections=400 -c shared_buffers=256MB -c fsync=on -c max_wal_size=2GB \
    -c log_destination=stderr -c logging_collector=off -c log_lock_waits=on -c deadlock_timeout=1s
