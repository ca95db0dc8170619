// Every service is this, with other values.
targetScope = 'resourceGroup'

@description('Where it runs.')
param location string = resourceGroup().location

@description('Its name: others find it by that.')
param name string

@description('Its image; azd has built and pushed it.')
param image string

@description('The environment.')
param environmentId string

@description('The registry.')
param registry string

@description('Who reads secrets and images for it. The service itself cannot act as it.')
param identityId string

@description('What the names of the environment end with.')
param domain string

@description('JSON: a list of { name, value } and { name, secretRef }.')
param settings string

@description('JSON: a list of { name, url }, one for each secret in the vault.')
param vaulted string

@description('JSON: { port, healthPort, external, min, max, cpu, memory, requests }.')
param shape string

@description('JSON: what KEDA has to know about a consumer\'s lag, {} for one that is not scaled by it.')
param lag string

var its = json(shape)
var lagRule = json(lag)
var kafkaAuth = [
  { secretRef: 'kafka-user', triggerParameter: 'username' }
  { secretRef: 'kafka-password', triggerParameter: 'password' }
]

resource app 'Microsoft.App/containerApps@2025-01-01' = {
  name: name
  location: location
  tags: { 'azd-service-name': name }
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 10
      identitySettings: [{ identity: identityId, lifecycle: 'None' }]
      registries: [{ server: registry, identity: identityId }]
      secrets: map(json(vaulted), one => { name: one.name, keyVaultUrl: one.url, identity: identityId })
      ingress: {
        external: its.external
        targetPort: its.port
        transport: 'http'
        // within the environment it is the environment that encrypts
        allowInsecure: !its.external
        traffic: [{ latestRevision: true, weight: 100 }]
      }
    }
    template: {
      // five seconds of draining and ten for what is under way
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'service'
          image: image
          env: json(settings)
          resources: { cpu: json(its.cpu), memory: its.memory }
          probes: [
            {
              // green once schema and keys are there: migrations may take five minutes
              type: 'Startup'
              httpGet: { path: '/started', port: its.healthPort }
              initialDelaySeconds: 1
              periodSeconds: 30
              timeoutSeconds: 5
              failureThreshold: 10
            }
            {
              type: 'Readiness'
              httpGet: { path: '/health', port: its.healthPort }
              periodSeconds: 2
              timeoutSeconds: 2
              failureThreshold: 2
            }
            {
              type: 'Liveness'
              httpGet: { path: '/alive', port: its.healthPort }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: its.min
        maxReplicas: its.max
        rules: concat(
          [{ name: 'requests', http: { metadata: { concurrentRequests: its.requests } } }],
          [{ name: 'cpu', custom: { type: 'cpu', metadata: { type: 'Utilization', value: its.cpuPercent } } }],
          empty(lagRule) ? [] : [{ name: 'lag', custom: { type: 'kafka', metadata: lagRule, auth: kafkaAuth } }]
        )
      }
    }
  }
}

output ADDRESS string = 'https://${name}.${its.external ? '' : 'internal.'}${domain}'
