#!/usr/bin/env bash
# Runs a Kafka broker from librdkafka's cluster emulation. PORT: TCP port on the loopback interface. It keeps nothing: DATA is not used.
set -euo pipefail
: "${PORT:?PORT must be set}"

cd "$(dirname "${BASH_SOURCE[0]}")"
program=$(ls -t CarShare.LocalKafka/bin/*/net*/CarShare.LocalKafka.dll 2>/dev/null | head -n 1 || true)
[[ -n $program ]] || { echo "CarShare.LocalKafka is not built: run dotnet build" >&2; exit 1; }
exec dotnet "$program"
