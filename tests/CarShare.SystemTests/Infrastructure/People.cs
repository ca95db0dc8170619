using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.SystemTests;

public static class Json
{
    public static JsonSerializerOptions Options { get; } =
        new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public static async Task<T> Read<T>(this HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<T>(Options))!;

    /// <summary>Reads a list route to its end.</summary>
    public static async Task<List<T>> All<T>(this HttpClient http, string route)
    {
        var items = new List<T>();
        string? after = null;
        do
        {
            var from = after is null ? "" : $"&after={Uri.EscapeDataString(after)}";
            var page = (await http.GetFromJsonAsync<Page<T>>(
                $"{route}{(route.Contains('?') ? '&' : '?')}limit=100{from}", Options))!;
            items.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);
        return items;
    }

    sealed record Page<T>(IReadOnlyList<T> Items, string? Next);
}

/// <summary>A customer at the gateway.</summary>
public sealed class Customer(HttpClient http, string name)
{
    public HttpClient Http => http;

    public string Name => name;

    public async Task<Customer> TopUp(decimal amount)
    {
        using var answer = await Post("/deposits", new { amount });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return this;
    }

    public Task<HttpResponseMessage> Order(
        Guid productId, int quantity = 1, int hours = 2, Guid? vehicleId = null, string? key = null,
        CancellationToken ct = default) =>
        Post("/orders", new { productId, quantity, hours, deliveryAddress = "Seoul, Jung-gu 1", vehicleId }, key, ct);

    /// <summary>Orders and insists on 201.</summary>
    public async Task<OrderDto> Rents(Guid productId, int quantity = 1, int hours = 2)
    {
        // a test may be faster than a customer is allowed to be: then it comes again
        var key = Guid.NewGuid().ToString();
        using var answer = await Eventually.Gets("the order is let in", async () =>
            await Order(productId, quantity, hours, key: key)
                is { StatusCode: not HttpStatusCode.TooManyRequests } heard ? heard : null);
        Assert.True(answer.StatusCode
            == HttpStatusCode.Created, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return await answer.Read<OrderDto>();
    }

    public async Task<HttpResponseMessage> Post(
        string route, object body, string? key = null, CancellationToken ct = default)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, route)
        { Content = JsonContent.Create(body, options: Json.Options) };
        request.Headers.Add("Idempotency-Key", key ?? Guid.NewGuid().ToString());
        return await Http.SendAsync(request, ct);
    }

    public async Task<OrderDto> Cancels(Guid orderId)
    {
        using var answer = await Http.DeleteAsync($"/orders/{orderId}");
        Assert.True(
            answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return await answer.Read<OrderDto>();
    }

    public async Task<OrderDto> Reads(Guid orderId) =>
        (await Http.GetFromJsonAsync<OrderDto>($"/orders/{orderId}", Json.Options))!;

    public async Task<DepositDto> Deposit() => (await Http.GetFromJsonAsync<DepositDto>("/deposits", Json.Options))!;

    public async Task<CustomerPageDto?> Page(Guid orderId)
    {
        using var answer = await Http.GetAsync($"/customerpages/{orderId}");
        return answer.StatusCode == HttpStatusCode.NotFound
            ? null
            : await answer.EnsureSuccessStatusCode().Read<CustomerPageDto>();
    }

    public Task<CustomerPageDto> SeesOnPage(
        Guid orderId, string what, Func<CustomerPageDto, bool> shows, TimeSpan? within = null) =>
        Eventually.Gets($"the page of {orderId} shows {what}", async () =>
            await Page(orderId) is { } page && shows(page) ? page : null, within);

    public Task<OrderDto> SeesOrder(Guid orderId, OrderStatus status, TimeSpan? within = null) =>
        Eventually.Gets($"order {orderId} is {status}", async () =>
            await Reads(orderId) is { } order && order.Status == status ? order : null, within);
}

/// <summary>The company's operator at the gateway.</summary>
public sealed class Operator(HttpClient http)
{
    public HttpClient Http => http;

    public async Task<ProductDto> Registers(int cars, decimal hourlyRate = 1_000)
    {
        using var answer = await Register(cars, hourlyRate);
        Assert.True(answer.StatusCode
            == HttpStatusCode.Created, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return await answer.Read<ProductDto>();
    }

    /// <summary>The same of a system that may ask for a moment first: null then.</summary>
    public async Task<ProductDto?> TriesToRegister(int cars)
    {
        using var answer = await Register(cars, hourlyRate: 1_000);
        return answer.StatusCode == HttpStatusCode.Created ? await answer.Read<ProductDto>() : null;
    }

    Task<HttpResponseMessage> Register(int cars, decimal hourlyRate)
    {
        var tag = Guid.NewGuid().ToString("N")[..10];
        return Http.PostAsJsonAsync("/stocks", new
        {
            modelName = $"Model {tag}",
            hourlyRate,
            location = "Seoul depot",
            plates = Enumerable.Range(1, cars)
                .Select(n => $"{tag}-{n}"),
        }, Json.Options);
    }

    /// <summary>Registers any number of cars; a single request takes a hundred.</summary>
    public async Task<ProductDto> RegistersMany(int cars, decimal hourlyRate = 1_000)
    {
        var product = await Registers(Math.Min(cars, 100), hourlyRate);
        for (var more = 100; more < cars; more += 100)
        {
            var plates = Enumerable.Range(more + 1, Math.Min(100, cars - more))
                .Select(n => $"{product.ModelName[6..]}-{n}");
            using var answer = await Http.PostAsJsonAsync(
                $"/stocks/{product.ProductId}/vehicles", new { plates, location = product.Location }, Json.Options);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        }

        return await Product(product.ProductId);
    }

    public async Task<ProductDto> Product(Guid productId) =>
        (await Http.GetFromJsonAsync<ProductDto>($"/stocks/{productId}", Json.Options))!;

    public Task<List<VehicleDto>> Vehicles(Guid productId) => Http.All<VehicleDto>($"/stocks/{productId}/vehicles");

    public async Task<DeliveryDto?> Delivery(Guid orderId)
    {
        using var answer = await Http.GetAsync($"/deliveries/{orderId}");
        return answer.IsSuccessStatusCode ? await answer.Read<DeliveryDto>() : null;
    }

    /// <summary>Dispatches or completes, as soon as the delivery has come that far.</summary>
    public Task Moves(Guid orderId, string step) => Eventually.Holds($"{step} of {orderId}", async () =>
    {
        using var answer = await Http.PostAsync($"/deliveries/{orderId}/{step}", null);
        return answer.StatusCode == HttpStatusCode.OK;
    });

    public async Task MarksDefective(Guid productId, Guid vehicleId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/stocks/{productId}/vehicles/{vehicleId}")
        {
            Content = JsonContent.Create(new { state = "Defective" }, new MediaTypeHeaderValue("application/json")),
        };
        using var answer = await Http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }
}
