using System.Text.Json.Nodes;
using CarShare.Tests.Contracts;

namespace CarShare.UnitTests.Contracts;

/// <summary>
/// The comparison of two OpenAPI documents notices what it is there for: each case is one replacement in the text of
/// the accepted document.
/// </summary>
public sealed class OpenApiContractTests
{
    const string Document =
        """
        {
          "paths": {
            "/orders": {
              "post": {
                "parameters": [{ "name": "Idempotency-Key", "in": "header", "schema": { "type": "string" } }],
                "requestBody": {
                  "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Place" } } }
                },
                "responses": {
                  "201": {
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" } } }
                  }, "409": { }
                }
              },
              "get": {
                "responses": {
                  "200": {
                    "content": {
                      "application/json": {
                        "schema": { "type": "array", "items": { "$ref": "#/components/schemas/Order" } }
                      }
                    }
                  }
                }
              }
            }
          },
          "components": {
            "schemas": {
              "Place": {
                "type": "object", "required": ["hours"],
                "properties": {
                  "hours": { "type": "integer", "format": "int32" }, "note": { "type": ["null", "string"] }
                }
              },
              "Order": {
                "type": "object", "required": ["status", "car"],
                "properties": {
                  "status": { "$ref": "#/components/schemas/Status" },
                  "car": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Car" }] }
                }
              },
              "Car": { "type": "object", "properties": { "plate": { "type": "string" } } },
              "Status": { "enum": ["Placed", "Cancelled"] }
            }
          }
        }
        """;

    [Theory]
    [InlineData("\"plate\": { \"type\": \"string\" }",
        "\"plate\": { \"type\": \"string\" }, \"colour\": { \"type\": \"string\" }")]
    [InlineData("[\"Placed\", \"Cancelled\"]", "[\"Placed\", \"Cancelled\", \"Lost\"]")]
    [InlineData("\"409\": { }", "\"409\": { }, \"429\": { }")]
    [InlineData("\"note\": {", "\"more\": { \"type\": \"string\" }, \"note\": {")]
    [InlineData("\"parameters\": [",
        "\"parameters\": [{ \"name\": \"limit\", \"in\": \"query\", \"schema\": { \"type\": \"integer\" } }, ")]
    [InlineData(
        "\"get\": {",
        "\"delete\": { \"parameters\": [{ \"name\": \"id\", \"in\": \"query\", \"required\": true }], "
        + "\"responses\": { \"204\": { } } }, \"get\": {")]
    [InlineData("\"Car\": {", "\"New\": { \"type\": \"object\" }, \"Car\": {")]
    [InlineData("\"required\": [\"hours\"]", "\"required\": []")]
    [InlineData(
        "\"type\": [\"null\", \"string\"]", "\"type\": [\"string\", \"null\"], \"description\": \"Any words.\"")]
    [InlineData("\"Car\": { \"type\": \"object\"", "\"Car\": { \"type\": \"object\", \"additionalProperties\": false")]
    public void An_addition_passes(string was, string becomes) => Assert.Empty(Breaks(was, becomes));

    [Theory]
    [InlineData("\"/orders\"", "\"/rentals\"", "'POST /orders' (operation) is gone")]
    [InlineData("\"get\":", "\"head\":", "'GET /orders' (operation) is gone")]
    [InlineData("\"201\":", "\"200\":", "'POST /orders 201' (answer) is gone")]
    [InlineData(", \"409\": { }", "", "'POST /orders 409' (answer) is gone")]
    [InlineData("\"plate\":", "\"number\":", "'Car.plate' (string) is gone")]
    [InlineData("\"plate\": { \"type\": \"string\" }", "\"plate\": { \"type\": \"integer\" }",
        "'Car.plate' was string and is integer")]
    [InlineData("\"format\": \"int32\"", "\"format\": \"int64\"",
        "'Place.hours' was integer, format \"int32\" and is integer, format \"int64\"")]
    [InlineData("\"hours\": { \"type\"", "\"hours\": { \"maximum\": 10, \"type\"",
        "'Place.hours' was integer, format \"int32\" and is integer, format \"int32\", maximum 10")]
    [InlineData(
        "\"type\": [\"null\", \"string\"]", "\"type\": \"string\"", "'Place.note' was string or null and is string")]
    [InlineData("{ \"type\": \"null\" }, ", "", "'Order.car' was Car or null and is Car")]
    [InlineData("\"items\": { \"$ref\": \"#/components/schemas/Order\" }",
        "\"items\": { \"$ref\": \"#/components/schemas/Car\" }",
        "'GET /orders 200 application/json' was array of Order and is array of Car")]
    [InlineData("[\"Placed\", \"Cancelled\"]", "[\"Placed\"]", "'Status = \"Cancelled\"' (value) is gone")]
    [InlineData("\"required\": [\"status\", \"car\"]", "\"required\": [\"car\"]",
        "'Order.status is always there' (guarantee) is gone")]
    [InlineData(
        "\"required\": [\"hours\"]", "\"required\": [\"hours\", \"note\"]", "'Place requires note' is newly required")]
    [InlineData("\"in\": \"header\",", "\"in\": \"header\", \"required\": true,",
        "'POST /orders requires header Idempotency-Key' is newly required")]
    [InlineData("\"requestBody\": {", "\"requestBody\": { \"required\": true,",
        "'POST /orders requires a body' is newly required")]
    [InlineData("\"Idempotency-Key\"", "\"Key\"", "'POST /orders header Idempotency-Key' (string) is gone")]
    public void A_removal_a_change_or_a_new_obligation_fails(string was, string becomes, string broken) =>
        Assert.Contains(broken, Breaks(was, becomes));

    static IReadOnlyList<string> Breaks(string was, string becomes)
    {
        Assert.Contains(was, Document, StringComparison.Ordinal);
        return Read(Document.Replace(was, becomes, StringComparison.Ordinal)).Breaks(Read(Document));
    }

    static Contract Read(string document) => OpenApiContract.Read(JsonNode.Parse(document)!);
}
