#!/usr/bin/env bash
# Makes the Secrets of the overlay `local`: passwords that nobody has chosen, a certificate for the identity provider,
# the realm. What is there stays as it is.
#   deploy/kubernetes/secrets.sh [kubectl]      the kubectl to use, by default the one on PATH
#   CARSHARE_ADDRESS                            where browsers find the gateway, by default http://localhost:30088
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
kubectl=("${@:-kubectl}")
namespace=carshare
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

secret() { # name key=value…: from files, so that no value is on a command line
    local name=$1 pair
    shift
    mkdir -p "$work/$name"
    for pair in "$@"; do printf %s "${pair#*=}" >"$work/$name/${pair%%=*}"; done
    create "$name" --from-file="$work/$name"
}
create() { "${kubectl[@]}" create secret generic "$@" -n "$namespace" >/dev/null; }
random() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

"${kubectl[@]}" apply -f "$root/deploy/kubernetes/overlays/local/namespace.yaml" >/dev/null
if "${kubectl[@]}" get secret identity-realm -n "$namespace" >/dev/null 2>&1; then
    echo "the secrets are there"
    exit
fi

passwords=("postgres=$(random)") migrations=()
identity=("KC_BOOTSTRAP_ADMIN_USERNAME=admin" "KC_BOOTSTRAP_ADMIN_PASSWORD=$(random)")
for service in orders stocks payments deliveries notifications customerpages; do
    client=$(random)
    identity+=("${service^^}_CLIENT_SECRET=$client")
    db=${service}db password=$(random)
    passwords+=("$db=$password")
    connection="ConnectionStrings__$db=Host=postgres;Port=5432;Database=$db;Username=$db;Password=$password"
    migrations+=("$connection")
    own=("$connection" "Authentication__ClientSecret=$client")
    if [[ $service == customerpages ]]; then
        password=$(random)
        secret redis "redis=$password"
        own+=("ConnectionStrings__redis=redis:6379,password=$password")
    fi
    secret "$service" "${own[@]}"
done
client=$(random)
identity+=("WEB_CLIENT_SECRET=$client" "WEB_ADDRESS=${CARSHARE_ADDRESS:-http://localhost:30088}")
secret web "Authentication__ClientSecret=$client" "Web__SessionKey=$(random)"
secret migrations "${migrations[@]}"
secret postgres "${passwords[@]}"
secret identity "${identity[@]}"

name=identity.$namespace.svc.cluster.local
cd "$work"
new=(openssl req -newkey rsa:2048 -nodes)
"${new[@]}" -x509 -days 3650 -subj "/CN=CarShare local" -keyout ca.key -out ca.crt 2>/dev/null
"${new[@]}" -subj "/CN=$name" -keyout tls.key -out tls.csr 2>/dev/null
echo "subjectAltName=DNS:$name" >san
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out tls.crt -extfile san 2>/dev/null
create identity-certificate --from-file=tls.crt --from-file=tls.key
create identity-ca --from-file=ca.crt
# last, because it is what says that all of them are there
create identity-realm --from-file="$root/identity/carshare-realm.json"
echo "the secrets are made"
