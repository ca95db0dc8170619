#!/usr/bin/env bash
# Runs PostgreSQL in the foreground.
#   DATA      data folder, made at the first run
#   PORT      TCP port on the loopback interface
#   PASSWORD  of the superuser postgres
#   FSYNC     off for data that nobody needs after a power cut, as that of tests (on)
#   ROLES     "name=password …": an ordinary role each, and a database of the same name that it owns
set -euo pipefail
umask 077
: "${DATA:?DATA must name the data folder}" "${PORT:?PORT must be set}" "${PASSWORD:?PASSWORD must be set}"
password=$PASSWORD roles=${ROLES:-}
# nothing of the caller's shell reaches the server: neither its secrets nor what libpq would read
unset PASSWORD ROLES "${!PG@}"

fail() { echo "$1" >&2; exit 1; }

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
[[ -n $bin ]] || bin=$(dirname "$(command -v postgres 2>/dev/null || true)")
[[ -x $bin/postgres && -x $bin/initdb ]] || fail "PostgreSQL is not installed: run ./carshare setup"

mkdir -p "$DATA" || fail "The data folder $DATA cannot be made: is the disk full?"
as_owner=()
if [[ $EUID -eq 0 ]]; then
    # PostgreSQL refuses to run as root
    id postgres >/dev/null 2>&1 || fail "The user postgres does not exist: run ./carshare setup"
    as_owner=(setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=-all)
    chown postgres:postgres "$DATA"
    if ! "${as_owner[@]}" test -w "$DATA"; then
        elsewhere=/var/tmp/carshare-postgres-$(printf '%s' "$DATA" | cksum | cut -d ' ' -f 1)
        echo "The user postgres cannot enter $DATA: the data is kept in $elsewhere" >&2
        echo "$elsewhere" >"$DATA/elsewhere"
        mkdir -p "$elsewhere" || fail "The data folder $elsewhere cannot be made: is the disk full?"
        [[ $(stat -c %U "$elsewhere") == @(root|postgres) ]] || fail "$elsewhere belongs to somebody else: remove it"
        chown postgres:postgres "$elsewhere"
        DATA=$elsewhere
    fi
fi
# postgres wants its data to itself
chmod 700 "$DATA"
free_kb=$(df -Pk "$DATA" | awk 'NR == 2 { print $4 }')
(( free_kb > 100 * 1024 )) || fail "The disk of $DATA is full: PostgreSQL needs at least 100 MB"
cd "$DATA"

if [[ ! -f $DATA/pgdata/PG_VERSION ]]; then
    rm -rf "$DATA/pgdata.new"
    "${as_owner[@]}" "$bin/initdb" --pgdata="$DATA/pgdata.new" --username=postgres --auth=reject --encoding=UTF8 --locale=C --no-sync >/dev/null \
        || fail "initdb failed in $DATA: see the lines above"
    mv "$DATA/pgdata.new" "$DATA/pgdata"
fi
printf 'host all all %s scram-sha-256\n' 127.0.0.1/32 ::1/128 >"$DATA/pgdata/pg_hba.conf"
[[ $EUID -ne 0 ]] || chown postgres:postgres "$DATA/pgdata/pg_hba.conf"

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

# Passwords, roles and databases are made by a server nobody can connect to, and only when something about them changed.
alone() { "${as_owner[@]}" "$bin/postgres" --single -D "$DATA/pgdata" -c log_min_messages=fatal "${1:-postgres}" 2>&1; }
wanted=$(printf '%s\n' "$password" $roles)
if [[ $(cat "$DATA/roles" 2>/dev/null) != "$wanted" ]]; then
    there=$(echo "SELECT string_agg(datname, ' ') FROM pg_database;" | alone | sed -n 's/.*string_agg = "\([^"]*\)".*/\1/p')
    {
        echo "ALTER ROLE postgres PASSWORD '$password';"
        for role in $roles; do
            echo "DO \$\$ BEGIN CREATE ROLE ${role%%=*} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END \$\$;"
            echo "ALTER ROLE ${role%%=*} PASSWORD '${role#*=}';"
            if [[ " $there " == *" ${role%%=*} "* ]]; then
                echo "ALTER DATABASE ${role%%=*} OWNER TO ${role%%=*};"
            else
                echo "CREATE DATABASE ${role%%=*} OWNER ${role%%=*};"
            fi
            echo "REVOKE ALL ON DATABASE ${role%%=*} FROM PUBLIC;"
        done
    } | alone | { ! grep -E 'ERROR|FATAL|PANIC' >&2; } || fail "The roles could not be made in $DATA: see the lines above"
    for role in $roles; do
        # what somebody else made in it, as before there were roles
        [[ " $there " != *" ${role%%=*} "* ]] || alone "${role%%=*}" <<SQL | { ! grep -E 'ERROR|FATAL|PANIC' >&2; } || fail "The tables of ${role%%=*} could not change their owner"
DO \$\$ DECLARE o text; BEGIN FOR o IN SELECT format('TABLE %s', oid::regclass) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') UNION ALL SELECT format('FUNCTION %s', oid::regprocedure) FROM pg_proc WHERE pronamespace = 'public'::regnamespace LOOP EXECUTE format('ALTER %s OWNER TO ${role%%=*}', o); END LOOP; END \$\$;
SQL
    done
    echo "$wanted" >"$DATA/roles"
fi

# A kill of this script is one of the server.
command -v setpriv >/dev/null && as_owner=(setpriv --pdeathsig KILL "${as_owner[@]:1}")
# The default lets a checkpoint begin after some minutes of load, by the volume of the log, and each makes the log longer for a while; so they go by
# time up to 3 MB/s.
"${as_owner[@]}" "$bin/postgres" -D "$DATA/pgdata" \
    -c listen_addresses=localhost -c port="$PORT" -c unix_socket_directories= \
    -c max_connections=400 -c shared_buffers=256MB -c fsync="${FSYNC:-on}" -c max_wal_size=2GB \
    -c log_destination=stderr -c logging_collector=off -c log_lock_waits=on -c deadlock_timeout=1s &
server=$!
# What SIGTERM asks for is that the last client leaves by itself, which no pool of connections does: who is amidst
# something may end it, then all are sent away.
stop() {
    kill -TERM "$server" 2>/dev/null || return 0
    for _ in {1..20}; do
        sleep 0.1
        kill -0 "$server" 2>/dev/null || return 0
    done
    kill -INT "$server" 2>/dev/null || true
}
trap stop TERM INT
status=0
wait "$server" || status=$?
while kill -0 "$server" 2>/dev/null; do
    status=0
    wait "$server" || status=$?
done
# SIGTERM or SIGINT ended the wait, not the server, which has an answer of its own to either.
((status != 143 && status != 130)) || status=0
exit "$status"
