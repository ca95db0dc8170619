// What everything else stands on: a network, logs, a registry, a vault, and the environment the services run in.
targetScope = 'resourceGroup'

@description('Where everything is.')
param location string

@description('Who deploys; azd fills it in. That it is asked for here tells azd that the AppHost owns the environment.')
param userPrincipalId string

var unique = uniqueString(resourceGroup().id)
var roles = {
  pullImages: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
  pushImages: '8311e382-0749-4cb8-b61a-304f252e45ec'
  readSecrets: '4633458b-17de-408a-b874-0445c86b69e6'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'carshare-${unique}'
  location: location
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'carshare-${unique}'
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    workspaceCapping: { dailyQuotaGb: 1 }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'carshare-${unique}'
  location: location
  kind: 'web'
  properties: { Application_Type: 'web', WorkspaceResourceId: logs.id }
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'carshare-${unique}'
  location: location
  properties: {
    addressSpace: { addressPrefixes: ['10.40.0.0/16'] }
    subnets: [
      {
        name: 'services'
        properties: {
          addressPrefix: '10.40.0.0/23'
          delegations: [{ name: 'apps', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      { name: 'stores', properties: { addressPrefix: '10.40.4.0/24', privateEndpointNetworkPolicies: 'Disabled' } }
    ]
  }

  resource services 'subnets' existing = { name: 'services' }
  resource stores 'subnets' existing = { name: 'stores' }
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: 'carshare${unique}'
  location: location
  sku: { name: 'Basic' }
  properties: { adminUserEnabled: false }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'carshare-${unique}'
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: 'Disabled'
    // deployments write secrets through the resource manager
    networkAcls: { defaultAction: 'Deny', bypass: 'AzureServices' }
  }
}

resource vaultEndpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: '${vault.name}-vault'
  location: location
  properties: {
    subnet: { id: network::stores.id }
    privateLinkServiceConnections: [
      { name: 'vault', properties: { privateLinkServiceId: vault.id, groupIds: ['vault'] } }
    ]
  }

  resource address 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: 'vault', properties: { privateDnsZoneId: vaultZone.id } }] }
  }
}

resource vaultZone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: 'privatelink.vaultcore.azure.net'
  location: 'global'

  resource link 'virtualNetworkLinks' = {
    name: 'carshare'
    location: 'global'
    properties: { virtualNetwork: { id: network.id }, registrationEnabled: false }
  }
}

resource pulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, identity.id, roles.pullImages)
  scope: registry
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.pullImages)
  }
}

resource pushes 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(userPrincipalId)) {
  name: guid(registry.id, userPrincipalId, roles.pushImages)
  scope: registry
  properties: {
    principalId: userPrincipalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.pushImages)
  }
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, roles.readSecrets)
  scope: vault
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.readSecrets)
  }
}

resource environment 'Microsoft.App/managedEnvironments@2024-10-02-preview' = {
  name: 'carshare-${unique}'
  location: location
  properties: {
    vnetConfiguration: { infrastructureSubnetId: network::services.id, internal: false }
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
    appLogsConfiguration: { destination: 'azure-monitor' }
    // services speak with each other over mutual TLS, which neither of them notices
    peerAuthentication: { mtls: { enabled: true } }
    peerTrafficConfiguration: { encryption: { enabled: true } }
    // an OpenTelemetry collector of the environment's own: every service is told where it is
    appInsightsConfiguration: { connectionString: insights.properties.ConnectionString }
    openTelemetryConfiguration: {
      tracesConfiguration: { destinations: ['appInsights'] }
      logsConfiguration: { destinations: ['appInsights'] }
    }
  }
}

resource console 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: environment
  properties: {
    workspaceId: logs.id
    logs: [
      { category: 'ContainerAppConsoleLogs', enabled: true }
      { category: 'ContainerAppSystemLogs', enabled: true }
    ]
  }
}

output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.properties.loginServer
output AZURE_CONTAINER_APPS_ENVIRONMENT_ID string = environment.id
output AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN string = environment.properties.defaultDomain
output IDENTITY_ID string = identity.id
output VAULT_NAME string = vault.name
output VAULT_URI string = vault.properties.vaultUri
output NETWORK_ID string = network.id
output STORES_SUBNET_ID string = network::stores.id
