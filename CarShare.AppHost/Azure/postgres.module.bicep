// PostgreSQL with a database for each service, reached from the network of the services only; or one that is there.
targetScope = 'resourceGroup'

@description('Where it is.')
param location string

@description('The services\' network.')
param networkId string

@description('Where its address in that network is.')
param subnetId string

@description('The vault for the connection strings.')
param vaultName string

@description('The host of a server that is there; "new" for one of CarShare\'s own.')
param host string

@description('The role that migrations and services log in with.')
param user string

@secure()
@description('Its password.')
param password string

@description('The databases.')
param databases array

var isNew = host == 'new'
var address = isNew ? server!.properties.fullyQualifiedDomainName : host

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = if (isNew) {
  name: 'carshare-${uniqueString(resourceGroup().id)}'
  location: location
  sku: { name: 'Standard_B1ms', tier: 'Burstable' }
  properties: {
    version: '17'
    administratorLogin: user
    administratorLoginPassword: password
    storage: { storageSizeGB: 32, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: 14, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: 'Disabled' }
    network: { publicNetworkAccess: 'Disabled' }
    authConfig: { passwordAuth: 'Enabled', activeDirectoryAuth: 'Disabled' }
  }

  resource tls 'configurations' = {
    name: 'require_secure_transport'
    properties: { value: 'on', source: 'user-override' }
  }

  @batchSize(1)
  resource database 'databases' = [
    for name in databases: {
      name: name
      properties: { charset: 'UTF8', collation: 'C.UTF8' }
    }
  ]
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = if (isNew) {
  name: 'carshare-postgres'
  location: location
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: 'postgres', properties: { privateLinkServiceId: server.id, groupIds: ['postgresqlServer'] } }
    ]
  }

  resource address 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: 'postgres', properties: { privateDnsZoneId: zone.id } }] }
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = if (isNew) {
  name: 'privatelink.postgres.database.azure.com'
  location: 'global'

  resource link 'virtualNetworkLinks' = {
    name: 'carshare'
    location: 'global'
    properties: { virtualNetwork: { id: networkId }, registrationEnabled: false }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = { name: vaultName }

resource connections 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = [
  for name in databases: {
    parent: vault
    name: 'connectionstrings-${name}'
    properties: {
      contentType: 'text/plain'
      value: join(
        [
          'Host=${address}'
          'Port=5432'
          'Database=${name}'
          'Username=${user}'
          'Password=${password}'
          'SSL Mode=VerifyFull'
        ],
        ';'
      )
    }
  }
]
