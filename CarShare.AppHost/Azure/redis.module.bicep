// Azure Managed Redis, reached from the network of the services only; or one that is there.
targetScope = 'resourceGroup'

@description('Where it is.')
param location string

@description('The services\' network.')
param networkId string

@description('Where its address in that network is.')
param subnetId string

@description('The vault for the connection string.')
param vaultName string

@description('Host and port of a server that is there; "new" for one of CarShare\'s own.')
param host string

@secure()
@description('Its password; not asked for when it is new.')
param password string

var isNew = host == 'new'

resource cluster 'Microsoft.Cache/redisEnterprise@2025-04-01' = if (isNew) {
  name: 'carshare-${uniqueString(resourceGroup().id)}'
  location: location
  sku: { name: 'Balanced_B0' }
  properties: { minimumTlsVersion: '1.2', highAvailability: 'Disabled' }

  resource database 'databases' = {
    name: 'default'
    properties: {
      clientProtocol: 'Encrypted'
      port: 10000
      clusteringPolicy: 'NoCluster'
      evictionPolicy: 'NoEviction'
      accessKeysAuthentication: 'Enabled'
      persistence: { aofEnabled: true, aofFrequency: '1s' }
    }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = if (isNew) {
  name: 'carshare-redis'
  location: location
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: 'redis', properties: { privateLinkServiceId: cluster.id, groupIds: ['redisEnterprise'] } }
    ]
  }

  resource address 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: 'redis', properties: { privateDnsZoneId: zone.id } }] }
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = if (isNew) {
  name: 'privatelink.redis.azure.net'
  location: 'global'

  resource link 'virtualNetworkLinks' = {
    name: 'carshare'
    location: 'global'
    properties: { virtualNetwork: { id: networkId }, registrationEnabled: false }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = { name: vaultName }

resource connection 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'connectionstrings-redis'
  properties: {
    contentType: 'text/plain'
    value: join(
      [
        isNew ? '${cluster!.properties.hostName}:10000' : host
        'password=${isNew ? cluster::database!.listKeys().primaryKey : password}'
        'ssl=True'
        'abortConnect=False'
      ],
      ','
    )
  }
}
