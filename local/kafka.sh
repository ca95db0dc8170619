#!/usr/bin/env bash
# Runs a Kafka broker. PORT: TCP port on the loopback interface.
# CARSHARE_KAFKA_HOME names an unpacked Apache Kafka (4.x; its libs/ and a Java are enough): then that is run, data
# below DATA. REPLICAS=3: three brokers, 127.0.0.1 to 127.0.0.3 at the same port (controllers: 127.0.0.11 to 127.0.0.13
# at the next). KAFKA_SETTINGS: broker settings, one a line, of a new data folder.
# Without it: librdkafka's cluster emulation, which keeps nothing.
set -euo pipefail
: "${PORT:?PORT must be set}"

cd "$(dirname "${BASH_SOURCE[0]}")"
if [[ -z ${CARSHARE_KAFKA_HOME:-} ]]; then
    program=$(ls -t CarShare.LocalKafka/bin/*/net*/CarShare.LocalKafka.dll 2>/dev/null | head -n 1 || true)
    [[ -n $program ]] || { echo "CarShare.LocalKafka is not built: run dotnet build" >&2; exit 1; }
    exec dotnet "$program"
fi

: "${DATA:?DATA must be set}"
brokers=${REPLICAS:-1}
[[ -d $CARSHARE_KAFKA_HOME/libs ]] ||
    { echo "CARSHARE_KAFKA_HOME=$CARSHARE_KAFKA_HOME: no folder libs there" >&2; exit 1; }
command -v java >/dev/null || { echo "CARSHARE_KAFKA_HOME is set, but there is no Java (17 or later)" >&2; exit 1; }
mkdir -p "$DATA"
DATA=$(cd "$DATA" && pwd)

cat >"$DATA/log4j2.properties" <<'CONF'
rootLogger.level=warn
rootLogger.appenderRef.c.ref=c
appender.c.type=Console
appender.c.name=c
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d{ISO8601} %p %c{1}: %m%n
CONF
java=(java "-Xmx${KAFKA_HEAP:-384m}" -XX:TieredStopAtLevel=1 -Xshare:auto "-Dlog4j2.configurationFile=$DATA/log4j2.properties"
    -cp "$CARSHARE_KAFKA_HOME/libs/*")

in_sync=1
((brokers < 3)) || in_sync=2
voters=
for ((i = 1; i <= brokers; i++)); do voters+=,$i@127.0.0.1$i:$((PORT + 1)); done
for ((i = 1; i <= brokers; i++)); do
    # A port that changed moves the addresses, not the data.
    {
        echo "process.roles=broker,controller
node.id=$i
controller.quorum.voters=${voters#,}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.$i:$PORT,CONTROLLER://127.0.0.1$i:$((PORT + 1))
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$DATA/$i
auto.create.topics.enable=false
default.replication.factor=$brokers
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$brokers
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=$brokers
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=5
group.initial.rebalance.delay.ms=0"
        [[ -z ${KAFKA_SETTINGS:-} ]] || echo "$KAFKA_SETTINGS"
    } >"$DATA/$i.properties"
    [[ -f $DATA/cluster ]] || head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=\n' >"$DATA/cluster"
    [[ -f $DATA/$i/meta.properties ]] ||
        "${java[@]}" kafka.tools.StorageTool format -t "$(cat "$DATA/cluster")" -c "$DATA/$i.properties" \
            >"$DATA/format.log" 2>&1 || { cat "$DATA/format.log" >&2; exit 1; }
done

((brokers > 1)) || exec "${java[@]}" kafka.Kafka "$DATA/1.properties"

# One that waits for the others, which are stopped too, would wait for ever.
end() {
    kill -TERM "$1" 2>/dev/null || return 0
    for _ in {1..40}; do
        sleep 0.1
        kill -0 "$1" 2>/dev/null || return 0
    done
    kill -KILL "$1" 2>/dev/null || true
}

# One of three may be killed: the others go on, and it is started anew, as a platform does it. One that ends by itself,
# for its settings or its port, is not.
keep() {
    local broker status
    trap 'end "$broker"; exit' TERM
    while :; do
        "${java[@]}" kafka.Kafka "$DATA/$1.properties" &
        broker=$!
        echo "$broker" >"$DATA/$1.pid"
        status=0
        wait "$broker" || status=$?
        ((status > 128)) || exit "$status"
        echo "broker $1 was killed ($status) and is started anew" >&2
        sleep 2
    done
}

keepers=()
trap 'kill -TERM "${keepers[@]}" 2>/dev/null || true' TERM INT EXIT
for ((i = 1; i <= brokers; i++)); do
    keep "$i" &
    keepers+=($!)
done
# Whoever stops this script stops them all.
wait "${keepers[@]}" || wait "${keepers[@]}" || true
