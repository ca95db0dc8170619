using CarShare.Contracts;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Load;

/// <summary>
/// What a run rents: products with enough cars, and customers with enough money, so that nobody is refused for a reason
/// of his own.
/// </summary>
sealed class Fleet(People people)
{
    const int PlatesPerRequest = 100;
    const decimal Deposit = 10_000_000;
    const int RequestsAtOnce = 4, Tries = 10;
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    readonly string _run = Guid.NewGuid().ToString("N")[..8];
    int _cars, _plates, _taken;
    Fleet? _owner;

    public IReadOnlyList<Guid> Products { get; private set; } = [];

    public IReadOnlyList<Person> Customers { get; private set; } = [];

    public int Free => _cars - Volatile.Read(ref _taken);

    public static async Task<Fleet> Prepare(People people, int products, int cars, int customers, CancellationToken ct)
    {
        var fleet = new Fleet(people);
        var registered = new List<Guid>();
        for (var n = 0; n < products; n++) registered.Add(await Retry(() => fleet.Register(n, ct), ct));
        fleet.Products = registered;
        fleet.Customers = [.. Enumerable.Range(0, customers).Select(n => people.Customer($"load-{fleet._run}-{n}"))];
        await Parallel.ForEachAsync(
            fleet.Customers, new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = ct },
            async (customer, token) =>
                await Retry(() =>
                    customer.Needs<DepositDto>(HttpMethod.Post, "/deposits", new { amount = Deposit }, token), token));
        await fleet.HasFree(cars, ct);
        return fleet;
    }

    /// <summary>Adds cars until so many are free, the same number to each product.</summary>
    public async Task HasFree(int cars, CancellationToken ct)
    {
        var missing = (Math.Max(0, cars - Free) + Products.Count - 1) / Products.Count;
        var requests = Products.SelectMany(product => Enumerable.Repeat(PlatesPerRequest, missing / PlatesPerRequest)
            .Append(missing % PlatesPerRequest).Where(plates => plates > 0).Select(plates => (product, plates)));
        await Parallel.ForEachAsync(
            requests, new ParallelOptions { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = ct },
            async (request, token) =>
            {
                await Retry(() =>
                {
                    // New plates for each try: the last one's may be stored although its answer said otherwise.
                    var last = Interlocked.Add(ref _plates, request.plates);
                    var plates = Enumerable.Range(last - request.plates, request.plates)
                        .Select(plate => $"{_run}-{plate}");
                    return people.Operator.Needs<Registered>(HttpMethod.Post, $"/stocks/{request.product}/vehicles",
                        new { plates, location = "Seoul depot" }, token);
                }, token);
                Interlocked.Add(ref _cars, request.plates);
            });
    }

    /// <summary>The same cars and customers at another address; what is taken there is counted here.</summary>
    public Fleet Through(People others) => new(
        others)
    { Products = Products, Customers = [.. Customers.Select(c => others.Customer(c.Name))], _owner = this };

    public void Took() => Interlocked.Increment(ref (_owner ?? this)._taken);

    public void GaveBack() => Interlocked.Decrement(ref (_owner ?? this)._taken);

    /// <summary>A system that has just started may ask for a moment.</summary>
    static async Task<T> Retry<T>(Func<Task<T>> request, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await request();
            }
            catch (CannotRunException) when (tries < Tries)
            {
                await Task.Delay(Pause, ct);
            }
        }
    }

    async Task<Guid> Register(int number, CancellationToken ct)
    {
        var product = await people.Operator.Needs<ProductDto>(
            HttpMethod.Post, "/stocks", new
            {
                modelName = $"Load {_run}-{number}",
                hourlyRate = 1_000,
                location = "Seoul depot",
                plates = Array.Empty<string>(),
            }, ct);
        return product.ProductId;
    }

    sealed record Registered(IReadOnlyList<VehicleDto> Items);
}
