#!/usr/bin/env bash
# Images of PostgreSQL, Redis, Kafka and Keycloak where there is no registry to pull them from: Debian's packages and the
# archives of ../shared/tools, with the names, users and ways of starting that deploy/kubernetes counts on.
#   tests/images/stores.sh TOOLS FOLDER      TOOLS: where kafka.sh and keycloak.sh are; FOLDER gets an archive of each image
set -euo pipefail
tools=${1:?the folder of the tools} out=${2:?the folder for the archives}
suite=$(. /etc/os-release; echo "$VERSION_CODENAME")
work=$(mktemp -d /var/tmp/stores.XXXX)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

debian() { # folder packages…: with a shell and the usual programs
    local root=$1 packages=base-files,netbase,dash,bash,coreutils,sed,grep,findutils,gawk,hostname,ca-certificates
    mmdebstrap --quiet --variant=extract --mode=root --include="$packages,$2" "$suite" "$root" >&2
    [[ -e $root/bin/sh ]] || ln -s dash "$root/bin/sh"
    [[ -e $root/usr/bin/awk ]] || ln -s gawk "$root/usr/bin/awk"
    mkdir -p "$root/etc/ssl/certs" "$root/tmp"
    chmod 1777 "$root/tmp"
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/var/cache" "$root/var/lib/apt" "$root/usr/share/locale"
}
user() { echo "$2:x:$3:$3::/:/bin/sh" >>"$1/etc/passwd"; echo "$2:x:$3:" >>"$1/etc/group"; }
image() { # name root change…
    local name=$1 root=$2 changes=()
    shift 2
    for change in "$@"; do changes+=(--change "$change"); done
    tar -C "$root" -c . | podman import --quiet "${changes[@]}" - "docker.io/$name" >&2
    rm -f "$out/$(basename "${name%%:*}").tar"
    podman save --quiet -o "$out/$(basename "${name%%:*}").tar" "docker.io/$name"
    rm -rf "$root"
}
java() { # root: what Debian's scripts would have done
    mkdir -p "$1/etc/ssl/certs/java"
    cp /etc/ssl/certs/java/cacerts "$1/etc/ssl/certs/java/"
    ln -sf ../lib/jvm/java-17-openjdk-amd64/bin/java "$1/usr/bin/java"
}

debian "$work/postgres" postgresql
mkdir -p "$work/postgres/usr/local/bin"
user "$work/postgres" postgres 999
# whose a new volume there becomes
chown 999:999 "$work/postgres/var/lib/postgresql"
bin=$(cd "$work/postgres" && echo usr/lib/postgresql/*/bin)
cat >"$work/postgres/usr/local/bin/docker-entrypoint.sh" <<'E'
#!/bin/sh
# A new cluster once, with the scripts of /docker-entrypoint-initdb.d; then the server.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    umask 077
    initdb -U postgres -D "$PGDATA" --locale=C.UTF-8 --encoding=UTF8 --auth-local=trust --auth-host=scram-sha-256 \
        --pwfile="$POSTGRES_PASSWORD_FILE" >/dev/null
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -w -o "-c listen_addresses=''" start >/dev/null
    for script in /docker-entrypoint-initdb.d/*.sh; do sh "$script"; done
    pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
fi
exec "$@" -c listen_addresses='*'
E
chmod +x "$work/postgres/usr/local/bin/docker-entrypoint.sh"
image library/postgres:17 "$work/postgres" 'USER 999' 'STOPSIGNAL SIGINT' "ENV PATH=/$bin:/usr/local/bin:/usr/bin:/bin" \
    'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["postgres"]'

debian "$work/redis" redis-server
user "$work/redis" redis 999
install -d -o 999 -g 999 "$work/redis/data"
image library/redis:7.2 "$work/redis" 'USER 999' 'WORKDIR /data' 'ENV PATH=/usr/local/bin:/usr/bin:/bin' \
    'CMD ["redis-server"]'

debian "$work/kafka" openjdk-17-jre-headless
java "$work/kafka"
user "$work/kafka" kafka 1000
mkdir -p "$work/kafka/opt"
tar -C "$work/kafka/opt" -xJf "$tools/archives/kafka-4.4.0.tar.xz"
mv "$work/kafka/opt/kafka-4.4.0" "$work/kafka/opt/kafka"
mkdir -p "$work/kafka/opt/kafka/bin"
printf '%s\n' rootLogger.level=warn rootLogger.appenderRef.c.ref=c appender.c.type=Console appender.c.name=c \
    appender.c.target=SYSTEM_ERR appender.c.layout.type=PatternLayout 'appender.c.layout.pattern=%d %p %c %m%n' \
    >"$work/kafka/opt/kafka/log4j2.properties"
for program in kafka-storage:kafka.tools.StorageTool kafka-server-start:kafka.Kafka; do
    cat >"$work/kafka/opt/kafka/bin/${program%:*}.sh" <<E
#!/bin/bash
exec java \$KAFKA_HEAP_OPTS -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties -cp '/opt/kafka/libs/*' ${program#*:} "\$@"
E
done
chmod +x "$work"/kafka/opt/kafka/bin/*.sh
image apache/kafka:4.1.0 "$work/kafka" 'USER 1000' 'ENV PATH=/usr/local/bin:/usr/bin:/bin'

debian "$work/keycloak" openjdk-17-jre-headless
java "$work/keycloak"
user "$work/keycloak" keycloak 1000
mkdir -p "$work/keycloak/opt"
tar -C "$work/keycloak/opt" -xJf "$tools/archives/keycloak-26.7.3.tar.xz"
mv "$work/keycloak/opt/keycloak-26.7.3" "$work/keycloak/opt/keycloak"
mkdir -p "$work/keycloak/opt/keycloak/data"
chown -R 1000:1000 "$work/keycloak/opt/keycloak"
image keycloak/keycloak:26.4 "$work/keycloak" 'USER 1000' 'ENV PATH=/usr/local/bin:/usr/bin:/bin' \
    'ENV KC_RUN_IN_CONTAINER=true' \
    'ENTRYPOINT ["/opt/keycloak/bin/kc.sh"]'
