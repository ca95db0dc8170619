#!/bin/sh
# Runs the migrations that have just been deployed and waits for their end, then for the gateway. azd calls it after
# `azd deploy`; it may be run again at any time.
set -eu
group=${AZURE_RESOURCE_GROUP:-rg-$AZURE_ENV_NAME}
execution=$(az containerapp job start --name migrations --resource-group "$group" --query name --output tsv)
echo "migrations: $execution"
status=Running
tries=120
while [ "$status" = Running ] || [ "$status" = Processing ] || [ "$status" = Unknown ]; do
    [ "$tries" -gt 0 ] || { echo "migrations did not end within 20 minutes" >&2; exit 1; }
    tries=$((tries - 1))
    sleep 10
    status=$(az containerapp job execution show --name migrations --resource-group "$group" \
        --job-execution-name "$execution" --query properties.status --output tsv)
done
[ "$status" = Succeeded ] || { echo "migrations ended with $status (az containerapp job logs show)" >&2; exit 1; }

gateway=https://gateway.$AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN
tries=60
until curl -fsS --max-time 10 "$gateway/stocks?limit=1" >/dev/null; do
    [ "$tries" -gt 0 ] || { echo "$gateway does not answer" >&2; exit 1; }
    tries=$((tries - 1))
    sleep 5
done
echo "CarShare answers: $gateway"
