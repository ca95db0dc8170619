// Event Hubs, which speaks Kafka over TLS with a name and a password (SASL PLAIN); or a broker that is there.
targetScope = 'resourceGroup'

@description('Where it is.')
param location string

@description('The services\' network.')
param networkId string

@description('Where its address in that network is.')
param subnetId string

@description('The vault for name and password.')
param vaultName string

@description('The bootstrap servers of a broker that is there; "new" for one of CarShare\'s own.')
param bootstrapServers string

@description('The name at that broker.')
param user string

@secure()
@description('The password at that broker; not asked for when it is new.')
param password string

var isNew = bootstrapServers == 'new'

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = if (isNew) {
  name: 'carshare-${uniqueString(resourceGroup().id)}'
  location: location
  sku: { name: 'Standard', tier: 'Standard', capacity: 1 }
  properties: {
    kafkaEnabled: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Disabled'
    isAutoInflateEnabled: true
    maximumThroughputUnits: 4
  }

  // services read and write
  resource services 'authorizationRules' = {
    name: 'services'
    properties: { rights: ['Listen', 'Send'] }
  }

  // migrations make the topics
  resource migrations 'authorizationRules' = {
    name: 'migrations'
    properties: { rights: ['Listen', 'Send', 'Manage'] }
    dependsOn: [services]
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = if (isNew) {
  name: 'carshare-kafka'
  location: location
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: 'kafka', properties: { privateLinkServiceId: namespace.id, groupIds: ['namespace'] } }
    ]
  }

  resource address 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: 'kafka', properties: { privateDnsZoneId: zone.id } }] }
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = if (isNew) {
  name: 'privatelink.servicebus.windows.net'
  location: 'global'

  resource link 'virtualNetworkLinks' = {
    name: 'carshare'
    location: 'global'
    properties: { virtualNetwork: { id: networkId }, registrationEnabled: false }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = { name: vaultName }

resource name 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'kafka-user'
  properties: { contentType: 'text/plain', value: isNew ? '$ConnectionString' : user }
}

resource servicesPassword 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'kafka-password'
  properties: {
    contentType: 'text/plain'
    value: isNew ? namespace::services!.listKeys().primaryConnectionString : password
  }
}

resource migrationsPassword 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'kafka-manager-password'
  properties: {
    contentType: 'text/plain'
    value: isNew ? namespace::migrations!.listKeys().primaryConnectionString : password
  }
}

output BOOTSTRAP_SERVERS string = isNew ? '${namespace.name}.servicebus.windows.net:9093' : bootstrapServers
