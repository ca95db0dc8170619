// One value that services read by reference, in the vault.
targetScope = 'resourceGroup'

@description('Not used: a secret is where its vault is. azd gives it to every module.')
#disable-next-line no-unused-params
param location string

@description('The vault.')
param vaultName string

@description('What services know it as.')
param name string

@secure()
@description('What nobody reads here.')
param value string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = { name: vaultName }

resource secret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: name
  properties: { value: value, contentType: 'text/plain' }
}
