using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CarShare.ServiceDefaults;
using CarShare.Web.Session;

namespace CarShare.Web.Api;

/// <summary>
/// The public routes of the services, asked with the user's own token: this page may do what the user may do and
/// nothing else.
/// No answer is an exception: a page shows what it got and says what is missing.
/// </summary>
sealed class CarShareApi(IHttpClientFactory clients, UserTokens tokens)
{
    /// <summary>The name of the client that all calls share.</summary>
    public const string Client = "api";

    const int MostItems = 100;

    static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(2);

    static readonly JsonSerializerOptions Json = ApiJson.Options;

    public Task<Answer<Paged<Product>>> Products(
        string? location = null, decimal? maxRate = null, bool free = false, int limit = MostItems,
        string? after = null, CancellationToken ct = default) =>
        Get<Paged<Product>>("stocks", Query("/stocks", ("location", location), ("maxHourlyRate", Text(maxRate)),
            ("available", free ? "true" : null), ("limit", Text(limit)), ("after", after)), ct);

    public Task<Answer<Product>> Product(Guid id, CancellationToken ct) => Get<Product>("stocks", $"/stocks/{id}", ct);

    public Task<Answer<Paged<Vehicle>>> Vehicles(Guid product, string? state = null, CancellationToken ct = default) =>
        Get<Paged<Vehicle>>("stocks", Query($"/stocks/{product}/vehicles", ("state", state),
            ("limit", Text(MostItems))), ct);

    public Task<Answer<Product>> Register(object product, CancellationToken ct) =>
        Send<Product>("stocks", HttpMethod.Post, "/stocks", product, NewKey(), ct: ct);

    public Task<Answer<Product>> Change(Guid product, object change, string? etag, CancellationToken ct) =>
        Send<Product>("stocks", HttpMethod.Patch, $"/stocks/{product}", change, ifMatch: etag, ct: ct);

    public Task<Answer<object>> Retire(Guid product, string? etag, CancellationToken ct) =>
        Send<object>("stocks", HttpMethod.Delete, $"/stocks/{product}", ifMatch: etag, ct: ct);

    public Task<Answer<object>> AddVehicles(Guid product, object vehicles, CancellationToken ct) =>
        Send<object>("stocks", HttpMethod.Post, $"/stocks/{product}/vehicles", vehicles, NewKey(), ct: ct);

    public Task<Answer<object>> Change(Guid product, Guid vehicle, object change, CancellationToken ct) =>
        Send<object>("stocks", HttpMethod.Patch, $"/stocks/{product}/vehicles/{vehicle}", change, ct: ct);

    public Task<Answer<object>> Retire(Guid product, Guid vehicle, CancellationToken ct) =>
        Send<object>("stocks", HttpMethod.Delete, $"/stocks/{product}/vehicles/{vehicle}", ct: ct);

    public Task<Answer<Order>> Rent(object order, string key, CancellationToken ct) =>
        Send<Order>("orders", HttpMethod.Post, "/orders", order, key, ct: ct);

    public Task<Answer<Order>> Order(Guid id, CancellationToken ct) => Get<Order>("orders", $"/orders/{id}", ct);

    public Task<Answer<Paged<Order>>> Orders(OrderFilter filter, CancellationToken ct) =>
        Get<Paged<Order>>("orders", Query("/orders", ("status", filter.Status), ("customerId", filter.CustomerId),
            ("plate", filter.Plate), ("from", Text(filter.From)), ("to", Text(filter.To)),
            ("limit", Text(filter.Limit)), ("after", filter.After)), ct);

    public Task<Answer<Order>> Pay(Guid order, CancellationToken ct) =>
        Send<Order>("orders", HttpMethod.Post, $"/orders/{order}/payment", key: NewKey(), ct: ct);

    public Task<Answer<Order>> Cancel(Guid order, CancellationToken ct) =>
        Send<Order>("orders", HttpMethod.Delete, $"/orders/{order}", ct: ct);

    public Task<Answer<Order>> Return(Guid order, string location, CancellationToken ct) =>
        Send<Order>("orders", HttpMethod.Post, $"/orders/{order}/return", new { location }, NewKey(), ct: ct);

    public Task<Answer<Deposit>> Deposit(string? customer, CancellationToken ct) =>
        Get<Deposit>("payments", Query("/deposits", ("customerId", customer)), ct);

    public Task<Answer<Paged<LedgerEntry>>> Ledger(string? customer, string? after, CancellationToken ct) =>
        Get<Paged<LedgerEntry>>("payments", Query("/deposits/ledger", ("customerId", customer), ("after", after)), ct);

    public Task<Answer<object>> TopUp(decimal amount, string? customer, string key, CancellationToken ct) =>
        Send<object>("payments", HttpMethod.Post, "/deposits", customer is null ? new { amount }
            : new { amount, customerId = customer }, key, ct: ct);

    public Task<Answer<Paged<Rental>>> Rentals(string? customer, string? after, CancellationToken ct) =>
        Get<Paged<Rental>>("customerpages", Query("/customerpages", ("customerId", customer), ("after", after)), ct);

    public Task<Answer<Rental>> Rental(Guid order, string? customer, CancellationToken ct) =>
        Get<Rental>("customerpages", Query($"/customerpages/{order}", ("customerId", customer)), ct);

    public Task<Answer<Paged<Message>>> Messages(string? customer, string? after, CancellationToken ct) =>
        Get<Paged<Message>>("notifications", Query("/notifications", ("customerId", customer), ("after", after)), ct);

    public Task<Answer<Paged<Customer>>> Customers(string? search, string? after, CancellationToken ct) =>
        Get<Paged<Customer>>("gateway", Query("/customers", ("search", search), ("after", after)), ct);

    public Task<Answer<Customer>> Customer(string id, CancellationToken ct) =>
        Get<Customer>("gateway", $"/customers/{Uri.EscapeDataString(id)}", ct);

    public Task<Answer<Paged<Delivery>>> Deliveries(string? status, string? after, CancellationToken ct) =>
        Get<Paged<Delivery>>("deliveries", Query("/deliveries", ("status", status), ("limit", Text(MostItems)),
            ("after", after)), ct);

    public Task<Answer<Delivery>> MoveDelivery(Guid order, string step, CancellationToken ct) =>
        Send<Delivery>("deliveries", HttpMethod.Post, $"/deliveries/{order}/{Uri.EscapeDataString(step)}", ct: ct);

    public Task<Answer<SystemOverview>> Overview(CancellationToken ct) =>
        Get<SystemOverview>("gateway", "/overview", ct);

    public Task<Answer<DeadLetters>> DeadLetters(string? after, CancellationToken ct) =>
        Get<DeadLetters>("gateway", Query("/dead-letters", ("limit", Text(MostItems)), ("after", after)), ct);

    public async Task<Problem?> Redrive(string service, string id, CancellationToken ct)
    {
        var path = $"/dead-letters/{Uri.EscapeDataString(service)}/{Uri.EscapeDataString(id)}/redrive";
        var done = await Send<Redriven>("gateway", HttpMethod.Post, path, key: NewKey(), ct: ct);
        return done.Problem
            ?? (done.Value is { Failed: > 0 } ? new(HttpStatusCode.Conflict, "redrive-failed", null) : null);
    }

    /// <summary>The stream of the user's own rentals; the caller reads and disposes it.</summary>
    public async Task<HttpResponseMessage> Stream(CancellationToken ct)
    {
        using var request = await Request("customerpages", HttpMethod.Get, "/customerpages/stream", ct);
        return await clients.CreateClient(Live.LiveRentals.Client).SendAsync(request,
            HttpCompletionOption.ResponseHeadersRead, ct);
    }

    static string NewKey() => Guid.CreateVersion7().ToString();

    static string? Text(decimal? number) => number?.ToString(CultureInfo.InvariantCulture);

    static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    static string Query(string path, params (string Name, string? Value)[] parameters) =>
        path + QueryString.Create(parameters.Where(p => !string.IsNullOrEmpty(p.Value)).Select(p =>
            KeyValuePair.Create(p.Name, p.Value)));

    Task<Answer<T>> Get<T>(string service, string path, CancellationToken ct)
        where T : class => Send<T>(service, HttpMethod.Get, path, ct: ct);

    async Task<Answer<T>> Send<T>(
        string service, HttpMethod method, string path, object? body = null, string? key = null,
        string? ifMatch = null, CancellationToken ct = default)
        where T : class
    {
        using var request = await Request(service, method, path, ct);
        if (body is not null) request.Content = JsonContent.Create(body, options: Json);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            // nobody looks at an empty page for longer; what changes something is waited for
            if (method == HttpMethod.Get) patience.CancelAfter(ReadPatience);
            using var answer = await clients.CreateClient(Client).SendAsync(request, patience.Token);
            if (!answer.IsSuccessStatusCode) return new(null, await ProblemOf(answer, ct));
            var value = answer.StatusCode == HttpStatusCode.NoContent || typeof(T) == typeof(object) ? null
                : await answer.Content.ReadFromJsonAsync<T>(Json, ct);
            return new(value, null) { ETag = answer.Headers.ETag?.ToString() };
        }
        catch (Exception e) when (!ct.IsCancellationRequested
            && (InternalClient.IsUnavailable(e) || e is JsonException or OperationCanceledException))
        {
            return new(null, Problem.Away);
        }
    }

    async Task<HttpRequestMessage> Request(string service, HttpMethod method, string path, CancellationToken ct)
    {
        var request = new HttpRequestMessage(method, $"http://{service}{path}");
        if (await tokens.Access(ct) is { } token) request.Headers.Authorization =
            new AuthenticationHeaderValue("Bearer", token);
        request.Headers.AcceptLanguage.ParseAdd(CultureInfo.CurrentUICulture.Name is { Length: > 0 } language
            ? language : "en");
        return request;
    }

    static async Task<Problem> ProblemOf(HttpResponseMessage answer, CancellationToken ct)
    {
        ProblemBody? body = null;
        if (answer.Content.Headers.ContentType?.MediaType == "application/problem+json")
            body = await answer.Content.ReadFromJsonAsync<ProblemBody>(Json, ct);
        var code = body?.Type?.Split(':')[^1] ?? $"status-{(int)answer.StatusCode}";
        return new(answer.StatusCode, code, body?.Detail)
        {
            RetryAfter = answer.Headers.RetryAfter?.Delta,
            Errors = body?.Errors ?? new Dictionary<string, string[]>(),
        };
    }

    sealed record ProblemBody(string? Type, string? Detail, Dictionary<string, string[]>? Errors);
}

/// <summary>Which orders to show.</summary>
sealed record OrderFilter(
    string? Status = null, string? CustomerId = null, string? Plate = null, DateTimeOffset? From = null,
        DateTimeOffset? To = null,
    int Limit = 20, string? After = null);
