#!/usr/bin/env bash
# Walks through CarShare's scenarios at a gateway and shows every request and answer. Ends with an error where an
# answer is not the expected one.
set -euo pipefail
gateway=${1:-http://localhost:8088}
run=$(date +%s)
carshare=$(dirname "${BASH_SOURCE[0]}")/../carshare

fail() { echo "carshare: $*" >&2; exit 1; }
title() { printf '\n\033[1m%s\033[0m\n' "$*"; }

curl -sS -m 10 -o /dev/null "$gateway/stocks" 2>/dev/null || fail "nothing answers at $gateway: ./carshare up"

operator_token=$("$carshare" login operator)
# the local provider knows customers of any name, another one those of its realm
customer_token=$("$carshare" login "demo-$run" 2>/dev/null || "$carshare" login alice)

# call EXPECTED-STATUS WHO METHOD PATH [JSON]: prints the exchange, leaves the body in $body
call() {
    local expected=$1 who=$2 method=$3 path=$4 json=${5:-} token status pause tries
    [[ $who == operator ]] && token=$operator_token || token=$customer_token
    printf '\033[36m%s %s\033[0m  (%s)%s\n' "$method" "$path" "$who" "${json:+ $json}"
    local arguments=(-sSi -m 30 -X "$method" "$gateway$path" -H "Authorization: Bearer $token" -w .)
    [[ -z $json ]] || arguments+=(-H 'Content-Type: application/json' -d "$json")
    [[ $method != POST ]] || arguments+=(-H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)")
    # Held off for a moment, or without an answer: the same again, under the same key.
    for tries in {1..10}; do
        body=$(curl "${arguments[@]}" 2>/dev/null) || body="HTTP/1.1 000"
        status=$(sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p' <<<"$body")
        [[ $status == @(000|429|503) && $tries != 10 ]] || break
        pause=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,2\}\)\r*$/\1/p' <<<"$body" | head -n 1)
        printf '%s: again in %s s\n' "$status" "${pause:-1}"
        sleep "${pause:-1}"
    done
    [[ $status != 000 ]] || fail "nothing answers at $gateway: ./carshare status"
    body=${body#*$'\r\n\r\n'}
    body=${body%.}
    printf '%s %s\n' "$status" "$body"
    # taken down, and paid for as soon as payments answer
    [[ $status != 202 || $expected != 201 ]] || { until_placed "$(first orderId)"; return; }
    [[ $status == "$expected" ]] || fail "$method $path was answered $status, expected $expected"
}

# until_placed ORDER: an order that waits for its payment goes on by itself
until_placed() {
    for _ in {1..150}; do
        body=$(curl -sS -m 10 "$gateway/orders/$1" -H "Authorization: Bearer $customer_token" 2>/dev/null || true)
        [[ $(first status) == @(Pending|AwaitingPayment|) ]] || break
        sleep 0.2
    done
    printf '\033[36mGET /orders/%s\033[0m\n%s\n' "$1" "$body"
    [[ $(first status) == @(Placed|Preparing|Dispatched) ]] || fail "the order was never paid: $body"
}

# field NAME: the first value of that name in $body
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" <<<"$body" | head -n 1; }
first() { grep -o "\"$1\":\"[^\"]*\"" <<<"$body" | head -n 1 | cut -d '"' -f 4; }

# until_page TEXT ORDER: polls the customer page
until_page() {
    for _ in {1..100}; do
        body=$(curl -sS "$gateway/customerpages/$2" -H "Authorization: Bearer $customer_token" 2>/dev/null || true)
        [[ $body != *"$1"* ]] || { printf '\033[36mGET /customerpages/%s\033[0m\n%s\n' "$2" "$body"; return; }
        sleep 0.1
    done
    fail "the page never showed $1: $body"
}

title "The operator registers a model with two cars"
call 201 operator POST /stocks \
    "{\"modelName\":\"Ioniq 5\",\"hourlyRate\":9000,\"location\":\"Seoul Station\",\"plates\":[\"$run-1\",\"$run-2\"]}"
product=$(first productId)

title "The customer tops up the deposit"
call 201 customer POST /deposits '{"amount":100000}'

title "and rents a car for three hours: stock and payment are settled before the answer"
call 201 customer POST /orders \
    "{\"productId\":\"$product\",\"hours\":3,\"deliveryAddress\":\"Seoul, Jung-gu, Sejong-daero 110\"}"
order=$(first orderId)
call 200 customer GET "/stocks/$product"
call 200 customer GET /deposits

title "The company prepares the car and sends it on its way; the customer follows on one page"
until_page '"deliveryStatus":"Dispatched"' "$order"

title "It is handed over"
call 200 operator POST "/deliveries/$order/complete"
until_page '"orderStatus":"InUse"' "$order"

title "The customer gives it back somewhere else, in time"
call 200 customer POST "/orders/$order/return" '{"location":"Busan Station"}'
until_page '"orderStatus":"Returned"' "$order"

title "A second rental is cancelled: refund, stock and delivery follow by events"
call 201 customer POST /orders "{\"productId\":\"$product\",\"hours\":2,\"deliveryAddress\":\"Seoul, Mapo-gu 1\"}"
order=$(first orderId)
call 200 customer DELETE "/orders/$order"
until_page '"paymentStatus":"Refunded"' "$order"
call 200 customer GET /deposits/ledger

title "More cars than there are: refused, nothing taken"
call 409 customer POST /orders \
    "{\"productId\":\"$product\",\"quantity\":3,\"hours\":1,\"deliveryAddress\":\"Seoul, Mapo-gu 1\"}"

title "More than the deposit holds: payment declined, no order"
call 402 customer POST /orders "{\"productId\":\"$product\",\"hours\":720,\"deliveryAddress\":\"Seoul, Mapo-gu 1\"}"

title "A rented car turns out defective and is replaced; when the last one is too, the order is cancelled and refunded"
for _ in {1..50}; do
    body=$(curl -sS "$gateway/stocks/$product" 2>/dev/null || true)
    [[ $(field available) != 2 ]] || break
    sleep 0.1
done
call 201 customer POST /orders "{\"productId\":\"$product\",\"hours\":1,\"deliveryAddress\":\"Seoul, Mapo-gu 1\"}"
order=$(first orderId)
car=$(first vehicleId)
call 200 operator PATCH "/stocks/$product/vehicles/$car" '{"state":"Defective"}'
until_page '"vehicle.reassigned"' "$order"
car=$(first vehicleId)
call 200 operator PATCH "/stocks/$product/vehicles/$car" '{"state":"Defective"}'
until_page '"paymentStatus":"Refunded"' "$order"

title "Every change was announced to the customer"
call 200 customer GET '/notifications?limit=5&language=en'

title "Done: every answer was the expected one"
