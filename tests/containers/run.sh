#!/usr/bin/env bash
# CarShare in container mode on podman, where there is no registry to pull images from: they are assembled here under
# the names that the AppHost asks for. The demo and `check`, and once more on the same data after a restart. Root.
#   tests/containers/run.sh [TOOLS]      TOOLS: where containers.sh, kafka.sh and keycloak.sh are
#   CARSHARE_IMAGES=FOLDER               what is there already of images (FOLDER/stores) is not made anew
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=${1:-$root/../shared/tools}
images=${CARSHARE_IMAGES:-/var/tmp/carshare-images}
say() { echo "$(date +%T) $*"; }

say "images"
"$tools/containers.sh" >/dev/null
"$root/tests/images/aspire.sh" "$tools" "$images/stores"
# as many processes as there are servers, with their threads; podman lets all of them together weigh as much as one
shares=/sys/fs/cgroup/cpu/libpod_parent
mkdir -p "$shares" 2>/dev/null || true
weight=$(cat "$shares/cpu.shares" 2>/dev/null || true)
[[ -z $weight ]] || echo $((8 * 1024)) >"$shares/cpu.shares"

# Free ports: no admin pages, whose images are not here. What is slow on a busy machine is not killed, and the dashboard
# is not what is tried.
export CARSHARE_INFRA=containers ASPIRE_CONTAINER_RUNTIME=podman CARSHARE_PORTS=free CARSHARE_HEAL=off
export CARSHARE_DASHBOARD=off
CARSHARE_DATA=$(mktemp -d /var/tmp/carshare-containers.XXXX)
export CARSHARE_DATA
before=$(podman volume ls --quiet)
clean() {
    "$root/carshare" down || true
    # the orchestrator goes on removing its containers, and last of all their network
    for _ in {1..120}; do
        [[ -n $(podman network ls --quiet --filter name=aspire-session) ]] || break
        sleep 0.5
    done
    for volume in $(podman volume ls --quiet); do
        [[ $volume != carshare-* || $'\n'$before$'\n' == *$'\n'$volume$'\n'* ]] ||
            podman volume rm "$volume" >/dev/null || true
    done
    [[ -z $weight ]] || echo "$weight" >"$shares/cpu.shares"
    rm -rf "$CARSHARE_DATA"
}
trap clean EXIT

for start in first second; do
    say "the $start start"
    began=$SECONDS
    "$root/carshare" up --detach
    say "up after $((SECONDS - began)) s"
    podman ps --format '{{.Image}} {{.Status}}'
    "$root/carshare" demo >"$CARSHARE_DATA/demo" || { tail -n 20 "$CARSHARE_DATA/demo"; exit 1; }
    # each scenario has a title in bold
    say "demo: $(grep -c $'^\e\[1m' "$CARSHARE_DATA/demo") titles, $(tail -n 1 "$CARSHARE_DATA/demo")"
    "$root/carshare" check
    "$root/carshare" down
done

say "reset"
"$root/carshare" reset
left=$(podman volume ls --quiet --filter name=carshare- | grep -vxF "$before" || true)
[[ -z $left ]] || { echo "still there: $left" >&2; exit 1; }
