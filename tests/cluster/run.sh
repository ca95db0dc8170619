#!/usr/bin/env bash
# CarShare on a real Kubernetes of one node: images, stores, broker and identity provider assembled here, then the tests
# of CarShare.DeploymentTests/Cluster against it. Root, 3 GB and about a quarter of an hour.
#   tests/cluster/run.sh [TOOLS]         TOOLS: where kubernetes.sh, kafka.sh and keycloak.sh are
#   CARSHARE_IMAGES=FOLDER               what is there already of images (FOLDER/dev, FOLDER/stores) is not made anew
#   CARSHARE_CLUSTER_RATE=40             orders a second during a replacement; everything else is seen at half of it
#   CARSHARE_CLUSTER_ONLY=yes            the images are not started one by one first
#   CARSHARE_CLUSTER_TESTS='-method …'   some of the tests
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=${1:-$root/../shared/tools}
images=${CARSHARE_IMAGES:-/var/tmp/carshare-images}
export CARSHARE_IMAGES=$images
kube=$tools/kubernetes.sh
kubectl=("$kube" kubectl)
lost() {
    "${kubectl[@]}" -n carshare get pods
    for pod in $("${kubectl[@]}" -n carshare get pods -o name); do
        "${kubectl[@]}" -n carshare logs --tail=3 "$pod" || true
    done
    exit 1
}
say() { echo "$(date +%T) $*"; }

if [[ ! -f $images/stores/keycloak.tar ]]; then
    say "assembling the stores' images"
    "$tools/containers.sh" >/dev/null
    "$root/tests/images/stores.sh" "$tools" "$images/stores"
fi
if [[ ! -f $images/dev/carshare-migrations.tar ]]; then
    say "building the services' images"
    base=$("$root/tests/images/base.sh" start)
    "$root/deploy/images/build.sh" --version dev --archive "$images/dev" --base "$base"
    "$root/tests/images/base.sh" stop
fi

program=$root/tests/CarShare.DeploymentTests/bin/Debug/net10.0/CarShare.DeploymentTests
say "starting each image"
failed=0
[[ -n ${CARSHARE_CLUSTER_ONLY:-} ]] ||
    "$program" -noColor -showLiveOutput -namespace CarShare.DeploymentTests.Images || failed=1

exec 9>/tmp/carshare-kubernetes.lock
flock 9
say "starting a node"
"$kube" start --keda
trap '"$kube" stop' EXIT
# as many processes as there are pods; the kubelet lets all of them together weigh as much as two
shares=/sys/fs/cgroup/cpu/kubepods/cpu.shares
[[ ! -w $shares ]] || echo $((13 * 1024)) >"$shares"
say "loading images"
"$kube" load "$images"/stores/*.tar "$images"/dev/*.tar >/dev/null
# a new version to roll to
node=${CARSHARE_KUBE:-/var/tmp/carshare-kube}
for image in "$images"/dev/*.tar; do
    name=docker.io/library/$(basename "$image" .tar)
    ctr -a "$node/containerd.sock" -n k8s.io images tag --force "$name:dev" "$name:next" >/dev/null
done
say "applying the overlay"
"$root/deploy/kubernetes/secrets.sh" "${kubectl[@]}"
"${kubectl[@]}" apply -k "$root/tests/cluster" >/dev/null
for store in postgres kafka redis; do
    "${kubectl[@]}" -n carshare rollout status "statefulset/$store" --timeout=300s
done
"${kubectl[@]}" -n carshare wait --for=condition=complete job/migrations --timeout=300s || lost
"${kubectl[@]}" -n carshare wait --for=condition=available deployment --all --timeout=400s || lost
"${kubectl[@]}" -n carshare get pods

say "testing"
ca=$(mktemp)
"${kubectl[@]}" -n carshare get secret identity-ca -o 'jsonpath={.data.ca\.crt}' | base64 -d >"$ca"
export CARSHARE_CLUSTER=http://10.245.0.2:30088 SSL_CERT_FILE=$ca
"$kube" run env KUBECONFIG="$node/kubeconfig" \
    "$program" -noColor -showLiveOutput -namespace CarShare.DeploymentTests.Cluster ${CARSHARE_CLUSTER_TESTS:-} ||
    failed=1

say "judging everything that is stored"
secret() {
    "${kubectl[@]}" -n carshare get secret "$1" \
        -o "go-template={{index .data \"ConnectionStrings__$2\" | base64decode}}"
}
inside=carshare.svc.cluster.local
connections=$(mktemp -d)
{
    for service in orders stocks payments deliveries notifications customerpages; do
        echo "${service}db $(secret $service ${service}db | sed "s/Host=postgres;/Host=postgres.$inside;/")"
    done
    echo "redis $(secret customerpages redis | sed "s/^redis:/redis.$inside:/")"
    echo "kafka kafka.$inside:9092"
} >"$connections/connections"
dotnet build "$root/tests/CarShare.LoadTests" -v q -clp:NoSummary
check=$root/tests/CarShare.LoadTests/bin/Debug/net10.0/CarShare.LoadTests
"$kube" run "$check" check --logs "$connections" || failed=1
rm -rf "$connections" "$ca"
exit $failed
