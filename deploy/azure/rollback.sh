#!/bin/sh
# Brings the images back that ran before the last deployment. Migrations only add to a schema, so the code before runs on
# the schema after; settings and infrastructure are left as they are.
set -eu
group=${AZURE_RESOURCE_GROUP:-rg-$AZURE_ENV_NAME}
for app in $(az containerapp list --resource-group "$group" --query '[].name' --output tsv); do
    image=$(az containerapp revision list --name "$app" --resource-group "$group" --all \
        --query 'reverse(sort_by([], &properties.createdTime))[1].properties.template.containers[0].image' --output tsv)
    if [ -z "$image" ] || [ "$image" = None ]; then
        echo "$app has nothing to go back to" >&2
        continue
    fi
    az containerapp update --name "$app" --resource-group "$group" --image "$image" --output none
    echo "$app: $image"
done
