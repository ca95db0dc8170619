namespace CarShare.SystemTests.Access;

/// <summary>
/// What a good token of each kind gets from an operation. The customer is the owner of the order named; the stranger is
/// another customer.
/// </summary>
/// <param name="Operation">As it stands in the OpenAPI document.</param>
/// <param name="Path">Another path to the same operation, or a query; null for the operation's own.</param>
sealed record AccessRow(
    string Operation, int Customer, int Stranger, int Operator, int Service, string? Path = null, string Body = "{}")
{
    /// <summary>True if nobody needs a token.</summary>
    public bool IsPublic { get; init; }
}

/// <summary>
/// Who may do what. Bodies are refused or harmless, so that whoever is let in can be told from whoever is not without
/// changing anything: 400, 404 and 409 mean let in. Rows that cancel come last.
/// </summary>
static class AccessTable
{
    const string TopUp = """{"amount":1,"customerId":"ALICE"}""";
    const string Order = """{"productId":"01920000-0000-7000-8000-000000000000","hours":1,"deliveryAddress":"a"}""";

    public static readonly AccessRow[] Public =
    [
        new("GET /stocks", 200, 200, 200, 200) { IsPublic = true },
        new("GET /stocks/{productId}", 200, 200, 200, 200) { IsPublic = true },
        new("POST /stocks", 403, 403, 400, 403),
        new("POST /stocks/{productId}/vehicles", 403, 403, 400, 403),
        new("GET /stocks/{productId}/vehicles", 200, 200, 200, 200) { IsPublic = true },
        new("GET /stocks/{productId}/vehicles/{vehicleId}", 404, 404, 404, 404) { IsPublic = true },
        new("PATCH /stocks/{productId}", 403, 403, 400, 403),
        new("PATCH /stocks/{productId}/vehicles/{vehicleId}", 403, 403, 400, 403),
        new("DELETE /stocks/{productId}/vehicles/{vehicleId}", 403, 403, 404, 403,
            "/stocks/{productId}/vehicles/01920000-0000-7000-8000-000000000000"),
        new("DELETE /stocks/{productId}", 403, 403, 404, 403, "/stocks/01920000-0000-7000-8000-000000000000"),
        new("GET /deposits", 200, 200, 400, 403),
        new("GET /deposits", 200, 404, 200, 403, "/deposits?customerId=ALICE"),
        new("GET /deposits/ledger", 200, 200, 400, 403),
        new("GET /deposits/ledger", 200, 404, 200, 403, "/deposits/ledger?customerId=ALICE"),
        new("POST /deposits", 201, 404, 201, 403, Body: TopUp),
        new("GET /payments", 200, 200, 200, 403),
        new("GET /payments/{orderId}", 200, 404, 200, 403),
        new("GET /deliveries", 200, 200, 200, 403),
        new("GET /deliveries/{orderId}", 200, 404, 200, 403),
        new("POST /deliveries/{orderId}/dispatch", 403, 403, 404, 403,
            "/deliveries/01920000-0000-7000-8000-000000000000/dispatch"),
        new("POST /deliveries/{orderId}/complete", 403, 403, 409, 403),
        new("POST /deliveries/{orderId}/retrieved", 403, 403, 409, 403),
        new("GET /notifications", 200, 200, 400, 403),
        new("GET /notifications", 200, 404, 200, 403, "/notifications?customerId=ALICE"),
        new("GET /customerpages", 200, 200, 400, 403),
        new("GET /customerpages", 200, 404, 200, 403, "/customerpages?customerId=ALICE"),
        new("GET /customerpages/{orderId}", 200, 404, 200, 403),
        new("GET /customerpages/{orderId}", 200, 404, 200, 403, "/customerpages/{orderId}?customerId=ALICE"),
        new("GET /customerpages/stream", 200, 200, 400, 403),
        new("GET /customerpages/stream", 200, 404, 200, 403, "/customerpages/stream?customerId=ALICE"),
        new("GET /customers", 403, 403, 200, 403),
        new("GET /customers/{customerId}", 403, 403, 200, 403, "/customers/ALICE"),
        new("GET /orders", 200, 200, 200, 403),
        new("GET /orders/{id}", 200, 404, 200, 403),
        new("POST /orders", 404, 404, 403, 403, Body: Order),
        new("POST /orders/{id}/payment", 200, 404, 403, 403),
        new("POST /orders/{id}/return", 409, 404, 409, 403, Body: """{"location":"a"}"""),
        new("DELETE /orders/{id}", 200, 404, 200, 403),
        new("DELETE /orders/{id}", 200, 404, 200, 403, "/payments/{id}"),
    ];

    /// <summary>Asked at the services themselves.</summary>
    public static readonly AccessRow[] Internal =
    [
        new("PUT /internal/stocks/{productId}/reservations/{orderId}", 403, 403, 403, 400, Body: """{"quantity":0}"""),
        new("PUT /internal/payments/{orderId}", 403, 403, 403, 400, Body: """{"customerId":"a","amount":0}"""),
        new("DELETE /internal/stocks/{productId}/reservations/{orderId}", 403, 403, 403, 204,
            "/internal/stocks/{productId}/reservations/{vehicleId}"),
        new("GET /internal/deposits/{customerId}", 403, 403, 403, 200, "/internal/deposits/nobody"),
        new("GET /internal/events", 403, 403, 403, 400),
        new("POST /internal/events/redrive", 403, 403, 200, 200),
        new("GET /internal/dead-letters", 403, 403, 200, 200),
        new("POST /internal/dead-letters/{id}/redrive", 403, 403, 404, 404),
        new("POST /internal/customerpages/rebuild", 403, 403, 202, 202),
    ];
}
