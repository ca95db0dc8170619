#!/bin/sh
# Run by the image once, when the cluster is new: an ordinary role for each service, which owns its database and
# nothing else.
set -eu
for db in ordersdb stocksdb paymentsdb deliveriesdb notificationsdb customerpagesdb; do
    password=$(cat "/passwords/$db")
    psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres -v db="$db" -v password="$password" <<'SQL'
CREATE ROLE :"db" LOGIN PASSWORD :'password';
CREATE DATABASE :"db" OWNER :"db";
REVOKE CONNECT ON DATABASE :"db" FROM PUBLIC;
SQL
done
