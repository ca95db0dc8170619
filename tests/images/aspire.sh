#!/usr/bin/env bash
# The images that the AppHost asks for in container mode, where there is no registry to pull them from: those of
# stores.sh under the names and with the ways of starting that Aspire counts on.
#   tests/images/aspire.sh TOOLS FOLDER      as stores.sh; the archives that are in FOLDER already are loaded
set -euo pipefail
tools=${1:?the folder of the tools} archives=${2:?the folder of the archives}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ ! -f $archives/keycloak.tar ]]; then "$here/stores.sh" "$tools" "$archives"; fi
for image in library/postgres:17 library/redis:7.2 apache/kafka:4.1.0 keycloak/keycloak:26.4; do
    archive=${image%:*} archive=$archives/${archive##*/}.tar
    podman image exists "docker.io/$image" || podman load --quiet --input "$archive" >&2
done

with_start() { # image script new: the script is what the new one starts
    local container
    container=$(podman create "docker.io/$1" none)
    podman cp "$2" "$container:/start.sh"
    podman commit --quiet --change 'ENTRYPOINT ["/start.sh"]' --change 'CMD []' "$container" "$3" >&2
    podman rm "$container" >/dev/null
}

cat >"$work/postgres" <<'S'
#!/bin/sh
# A new cluster once, for the user and password of the environment; then the server, with the arguments given.
set -eu
export PGDATA="${PGDATA:-/var/lib/postgresql/18/docker}"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    umask 077
    mkdir -p "$PGDATA"
    printf %s "$POSTGRES_PASSWORD" >/tmp/password
    initdb -U "${POSTGRES_USER:-postgres}" -D "$PGDATA" --pwfile=/tmp/password --locale=C.UTF-8 --encoding=UTF8 \
        ${POSTGRES_INITDB_ARGS:-} >/dev/null
    rm /tmp/password
    echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
fi
[ "${1:-}" != postgres ] || shift
exec postgres "$@" -c listen_addresses='*' -c unix_socket_directories=/tmp
S
cat >"$work/kafka" <<'S'
#!/bin/bash
# A broker of the settings in the environment: KAFKA_LOG_DIRS is log.dirs, and so on.
set -eu
file=/tmp/server.properties
{
    printf '%s\n' process.roles=broker,controller node.id=1 controller.quorum.voters=1@localhost:29093 \
        controller.listener.names=CONTROLLER inter.broker.listener.name=PLAINTEXT offsets.topic.replication.factor=1 \
        transaction.state.log.replication.factor=1 transaction.state.log.min.isr=1 group.initial.rebalance.delay.ms=0
    [[ -n ${KAFKA_LOG_DIRS:-} ]] || echo log.dirs=/tmp/kafka
    while IFS='=' read -r name value; do
        [[ $name == KAFKA_* && $name != KAFKA_HEAP_OPTS ]] || continue
        name=${name#KAFKA_} name=${name,,}
        echo "${name//_/.}=$value"
    done < <(env)
} >"$file"
export LOG_DIR=/tmp/logs KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xms256m -Xmx512m}
/opt/kafka/bin/kafka-storage.sh format --ignore-formatted -t Y2Fyc2hhcmUta2Fma2Etb25lA -c "$file"
exec /opt/kafka/bin/kafka-server-start.sh "$file"
S
chmod +x "$work/postgres" "$work/kafka"
with_start library/postgres:17 "$work/postgres" docker.io/library/postgres:18.3
with_start apache/kafka:4.1.0 "$work/kafka" docker.io/confluentinc/confluent-local:8.2.0
podman tag docker.io/library/redis:7.2 docker.io/library/redis:8.6
podman tag docker.io/keycloak/keycloak:26.4 quay.io/keycloak/keycloak:26.6
