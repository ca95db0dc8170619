// What runs once and ends: started after each deployment, never by itself.
targetScope = 'resourceGroup'

@description('Where it runs.')
param location string = resourceGroup().location

@description('Its name.')
param name string

@description('Its image; azd has built and pushed it.')
param image string

@description('The environment.')
param environmentId string

@description('The registry.')
param registry string

@description('Who reads secrets and images for it.')
param identityId string

@description('JSON: a list of { name, value } and { name, secretRef }.')
param settings string

@description('JSON: a list of { name, url }, one for each secret in the vault.')
param vaulted string

resource job 'Microsoft.App/jobs@2025-01-01' = {
  name: name
  location: location
  tags: { 'azd-service-name': name }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      triggerType: 'Manual'
      manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 }
      replicaTimeout: 1200
      replicaRetryLimit: 5
      identitySettings: [{ identity: identityId, lifecycle: 'None' }]
      registries: [{ server: registry, identity: identityId }]
      secrets: map(json(vaulted), one => { name: one.name, keyVaultUrl: one.url, identity: identityId })
    }
    template: {
      containers: [
        {
          name: 'job'
          image: image
          env: json(settings)
          resources: { cpu: json('0.25'), memory: '0.5Gi' }
        }
      ]
    }
  }
}
