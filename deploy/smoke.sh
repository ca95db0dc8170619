#!/bin/sh
# Asks a published system the questions whose answers show that it works: deploy/smoke.sh https://its-address
# With TOKEN, an access token of a customer, it looks at that customer's own orders, too.
set -eu
gateway=${1:?the address of the gateway}

expect() { # status path [curl options]
    want=$1 path=$2
    shift 2
    got=$(curl -sS -o /dev/null -w '%{http_code}' --max-time 10 "$@" "$gateway$path")
    [ "$got" = "$want" ] || { echo "$path answers $got instead of $want" >&2; exit 1; }
    echo "$path: $got"
}

expect 200 '/stocks?limit=1'
expect 401 /orders
expect 404 /internal/events
expect 404 /health
[ -z "${TOKEN:-}" ] || expect 200 '/orders?limit=1' -H "Authorization: Bearer $TOKEN"
[ -z "${TOKEN:-}" ] || expect 200 '/customerpages?limit=1' -H "Authorization: Bearer $TOKEN"
