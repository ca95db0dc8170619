using System.Net;
using System.Net.Http.Json;
using System.Text;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using static CarShare.ServiceTests.Stocks.StocksFixture;

namespace CarShare.ServiceTests.Stocks;

[Collection("Stocks")]
public sealed class ProductTests(StocksFixture stocks)
{
    [Fact] // F16 C22: the event carries the id
    public async Task A_registered_product_is_shown_with_its_free_cars_and_announced()
    {
        using var http = stocks.Operator();
        string[] plates = [Plate(), Plate()];
        using var created = await http.PostAsJsonAsync(
            "/stocks", new { modelName = "기아 EV6", hourlyRate = 12_000, location = "부산역", plates });
        var product = (await Answer<ProductDto>.Read(created)).Value!;

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal($"/stocks/{product.ProductId}", created.Headers.Location!.ToString());
        Assert.Equal(("기아 EV6", 12_000m, "부산역", 2, 2), (
            product.ModelName, product.HourlyRate, product.Location, product.Total, product.Available));
        Assert.Equal(
            product, await stocks.Anonymous().GetFromJsonAsync<ProductDto>(created.Headers.Location, ApiJson.Options));
        Assert.Equal(plates.Order(), (await stocks.Cars(product.ProductId)).Select(c => c.Plate).Order());
        var told = await stocks.Broker.Sees<ProductRegistered>(e => e.ProductId == product.ProductId);
        Assert.Equal((12_000m, 2, 2, 1L), (told.HourlyRate, told.Total, told.Available, told.Version));
    }

    [Fact] // C21 D8
    public async Task Every_change_of_the_numbers_is_announced_with_a_growing_version()
    {
        var product = await stocks.Product(cars: 2);
        var (orderId, _) = await stocks.Reserved(product.ProductId);
        await stocks.Broker.Sees<ProductChanged>(
            e => e.ProductId == product.ProductId && (e.Total, e.Available, e.Version) == (2, 1, 2));
        using var http = stocks.Operator();
        (await http.PostAsJsonAsync($"/stocks/{product.ProductId}/vehicles",
            new { plates = new[] { Plate() }, location = "Depot" })).EnsureSuccessStatusCode();
        await stocks.Broker.Sees<ProductChanged>(
            e => e.ProductId == product.ProductId && (e.Total, e.Available, e.Version) == (3, 2, 3));
        await stocks.Handled(Cancelled(orderId));
        await stocks.Broker.Sees<ProductChanged>(
            e => e.ProductId == product.ProductId && (e.Total, e.Available, e.Version) == (3, 3, 4));
        await stocks.Change(product.ProductId, (await stocks.Cars(product.ProductId))[0].VehicleId,
            new { state = VehicleState.Defective });
        await stocks.Broker.Sees<ProductChanged>(
            e => e.ProductId == product.ProductId && (e.Total, e.Available, e.Version) == (3, 2, 5));

        await Eventually.StaysTrue("nothing is told while nothing changes", () => Task.FromResult(
            stocks.Broker.Published<ProductChanged>().Count(e => e.ProductId == product.ProductId) == 4),
                TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Several_replicas_announce_each_number_once_and_the_highest_version_is_right()
    {
        await stocks.StartReplica();
        await stocks.StartReplica();
        var product = await stocks.Product(cars: 40);
        for (var round = 0; round < 8; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => stocks.Reserved(product.ProductId)));
            await stocks.Broker.Sees<ProductChanged>(
                e => e.ProductId == product.ProductId && e.Available == 40 - 5 * (round + 1));
        }

        var told = stocks.Broker.Published<ProductChanged>().Where(e => e.ProductId == product.ProductId)
            .OrderBy(e => e.Version).ToList();
        Assert.Equal(Enumerable.Range(2, told.Count).Select(v => (long)v), told.Select(e => e.Version));
        Assert.Equal(told.Select(e => e.Available).OrderDescending().Distinct(), told.Select(e => e.Available));
    }

    [Fact]
    public async Task A_plate_is_registered_once_and_a_refused_request_leaves_nothing()
    {
        var product = await stocks.Product(cars: 1);
        var (taken, fresh) = ((await stocks.TheCar(product.ProductId)).Plate, Plate());

        var another = await Post(
            "/stocks", new { modelName = "Niro", hourlyRate = 1, location = Home, plates = new[] { fresh, taken } });
        Assert.Equal((HttpStatusCode.Conflict, "plate-exists"), (another.Status, another.Problem));
        Assert.Equal(["plates"], another.Fields);
        var more = await Post(
            $"/stocks/{product.ProductId}/vehicles", new { plates = new[] { fresh, taken }, location = Home });
        Assert.Equal((HttpStatusCode.Conflict, "plate-exists"), (more.Status, more.Problem));
        Assert.Equal((1, 1), await Numbers(product.ProductId));

        Assert.Equal(HttpStatusCode.Created, (await Post(
            $"/stocks/{product.ProductId}/vehicles", new { plates = new[] { fresh }, location = Home })).Status);
        Assert.Equal((2, 2), await Numbers(product.ProductId));
    }

    [Theory]
    [InlineData("{0}", "{0} ")]
    [InlineData("12가-{0}", "12 가 {0}")]
    [InlineData("ab{0}", "ＡＢ－{0}")]
    [InlineData("x–{0}", "X_{0}")]
    public async Task A_plate_is_the_same_however_it_is_spelt(string first, string second)
    {
        var (product, number) = (await stocks.Product(cars: 0), Guid.NewGuid().ToString("N")[..12]);
        (first, second) = (string.Format(null, first, number), string.Format(null, second, number));
        var (stocksOf, both) =
            ($"/stocks/{product.ProductId}/vehicles", new { plates = new[] { first, second }, location = Home });

        var twice = await Post(stocksOf, both);
        Assert.Equal((HttpStatusCode.BadRequest, "plates"), (twice.Status, Assert.Single(twice.Fields)));
        Assert.Equal(HttpStatusCode.Created, (await Post(stocksOf, both with { plates = [first] })).Status);
        Assert.Equal((HttpStatusCode.Conflict, "plate-exists"), await Refused(both with { plates = [second] }));
        Assert.Equal((HttpStatusCode.BadRequest, "validation"), await Refused(both with { plates = ["- -"] }));

        async Task<(HttpStatusCode, string?)> Refused(object body)
        {
            var answer = await Post(stocksOf, body);
            return (answer.Status, answer.Problem);
        }
    }

    [Fact]
    public async Task The_same_plates_sent_at_once_in_any_order_are_registered_by_one_request()
    {
        var product = await stocks.Product(cars: 0);
        string[] plates = [.. Enumerable.Range(0, 20).Select(_ => Plate())];
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => i % 2 == 0
            ? Post($"/stocks/{product.ProductId}/vehicles", new { plates = plates.Order(), location = Home })
            : Post("/stocks",
                new { modelName = "Niro", hourlyRate = 1, location = Home, plates = plates.OrderDescending() })));

        Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
        Assert.All(answers, a => Assert.Contains(a.Problem, new[] { null, "plate-exists" }));
        await stocks.AssertConsistent();
    }

    [Fact]
    public async Task Lists_are_newest_first_and_go_on_behind_a_cursor()
    {
        var products = new List<ProductDto>();
        for (var i = 0; i < 5; i++) products.Add(await stocks.Product(cars: 3));
        using var http = stocks.Anonymous();
        var first = (await http.GetFromJsonAsync<Page<ProductDto>>("/stocks?limit=3", ApiJson.Options))!;
        var second =
            (await http.GetFromJsonAsync<Page<ProductDto>>($"/stocks?limit=2&after={first.Next}", ApiJson.Options))!;
        Assert.Equal(products.AsEnumerable().Reverse(), [.. first.Items, .. second.Items]);

        using var operators = stocks.Operator();
        var path = $"/stocks/{products[0].ProductId}/vehicles";
        var cars = (await operators.GetFromJsonAsync<Page<VehicleDto>>($"{path}?limit=2", ApiJson.Options))!;
        var last = (await operators.GetFromJsonAsync<Page<VehicleDto>>(
            $"{path}?limit=2&after={cars.Next}", ApiJson.Options))!;
        Assert.Equal(3, cars.Items.Concat(last.Items).DistinctBy(c => c.VehicleId).Count());
        Assert.Null(last.Next);
    }

    [Fact] // C25: nobody but an operator changes cars
    public async Task Only_operators_change_stock()
    {
        var product = await stocks.Product(cars: 1);
        var car = (await stocks.TheCar(product.ProductId)).VehicleId;
        foreach (var (http, expected) in new[] { (stocks.Anonymous(), HttpStatusCode.Unauthorized), (
            stocks.As("alice"), HttpStatusCode.Forbidden) })
        {
            Assert.Equal(expected, (await http.PostAsJsonAsync("/stocks", new
            {
                modelName = "Niro",
                hourlyRate = 1,
                location = Home,
                plates = Array.Empty<string>(),
            })).StatusCode);
            Assert.Equal(expected, (await http.PostAsJsonAsync($"/stocks/{product.ProductId}/vehicles",
                new { plates = new[] { Plate() }, location = Home })).StatusCode);
            Assert.Equal(expected, (await http.PatchAsJsonAsync(
                $"/stocks/{product.ProductId}/vehicles/{car}", new { state = "Defective" })).StatusCode);
            Assert.Equal(expected,
                (await http.PatchAsJsonAsync($"/stocks/{product.ProductId}", new { hourlyRate = 1 })).StatusCode);
            Assert.Equal(expected, (await http.DeleteAsync($"/stocks/{product.ProductId}")).StatusCode);
            Assert.Equal(expected, (await http.DeleteAsync($"/stocks/{product.ProductId}/vehicles/{car}")).StatusCode);
        }

        Assert.Equal((1, 1), await Numbers(product.ProductId));
    }

    [Theory]
    [InlineData("""{"modelName":"","hourlyRate":1,"location":"x","plates":[]}""", "modelName")]
    [InlineData("""{"modelName":"a\u0000b","hourlyRate":1,"location":"x","plates":[]}""", "modelName")]
    [InlineData("""{"modelName":null,"hourlyRate":1,"location":"x","plates":[]}""", "modelName")]
    [InlineData("""{"modelName":"a","hourlyRate":0,"location":"x","plates":[]}""", "hourlyRate")]
    [InlineData("""{"modelName":"a","hourlyRate":1.5,"location":"x","plates":[]}""", "hourlyRate")]
    [InlineData("""{"modelName":"a","hourlyRate":100000001,"location":"x","plates":[]}""", "hourlyRate")]
    [InlineData("""{"modelName":"a","hourlyRate":1e400,"location":"x","plates":[]}""", "hourlyRate")]
    [InlineData("""{"modelName":"a","hourlyRate":1,"location":" ","plates":[]}""", "location")]
    [InlineData("""{"modelName":"a","hourlyRate":1,"location":"x"}""", "plates")]
    [InlineData("""{"modelName":"a","hourlyRate":1,"location":"x","plates":null}""", "plates")]
    [InlineData("""{"modelName":"a","hourlyRate":1,"location":"x","plates":[null]}""", "plates")]
    [InlineData("""{"modelName":"a","hourlyRate":1,"location":"x","plates":[""]}""", "plates")]
    [InlineData("""{"modelName":"a","hourlyRate":1,"location":"x","plates":["same"," same"]}""", "plates")]
    [InlineData(
        """{"modelName":"a","hourlyRate":1,"location":"x","plates":["this plate has more than twenty characters"]}""",
        "plates")]
    [InlineData("""{"modelName":"a","hourlyRate":1,"location":"x","plates":[],"color":"red"}""", "color")]
    public Task A_product_with_bad_input_is_refused_naming_the_field(string body, string field) =>
        Refused(HttpMethod.Post, "/stocks", body, field);

    [Theory]
    [InlineData("""{"plates":[],"location":"x"}""", "plates")]
    [InlineData("""{"plates":["a"],"location":""}""", "location")]
    [InlineData("""{"plates":["a"]}""", "location")]
    public async Task Cars_with_bad_input_are_refused_naming_the_field(string body, string field)
    {
        var product = await stocks.Product(cars: 0);
        await Refused(HttpMethod.Post, $"/stocks/{product.ProductId}/vehicles", body, field);
        Assert.Equal((0, 0), await Numbers(product.ProductId));
    }

    [Theory]
    [InlineData("""{"state":"InUse"}""", "state")]
    [InlineData("""{"state":"Broken"}""", "state")]
    [InlineData("""{"state":2}""", "state")]
    [InlineData("""{}""", "state")]
    [InlineData("""{"location":""}""", "location")]
    [InlineData("""{"orderId":null}""", "orderId")]
    public async Task A_change_with_bad_input_is_refused_naming_the_field(string body, string field)
    {
        var product = await stocks.Product(cars: 1);
        var car = await stocks.TheCar(product.ProductId);
        await Refused(HttpMethod.Patch, $"/stocks/{product.ProductId}/vehicles/{car.VehicleId}", body, field);
        Assert.Equal(car, await stocks.TheCar(product.ProductId));
    }

    [Fact]
    public async Task What_does_not_exist_is_not_found()
    {
        var (product, other) = (await stocks.Product(cars: 1), await stocks.Product(cars: 1));
        var foreign = (await stocks.TheCar(other.ProductId)).VehicleId;
        using var http = stocks.Operator();

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"/stocks/{Guid.CreateVersion7()}")).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound, (await http.GetAsync($"/stocks/{Guid.CreateVersion7()}/vehicles")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Post(
            $"/stocks/{Guid.CreateVersion7()}/vehicles", new { plates = new[] { Plate() }, location = Home })).Status);
        Assert.Equal(
            HttpStatusCode.NotFound, (await stocks.Change(product.ProductId, foreign, new { location = "x" })).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/stocks/1")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/stocks?limit=0")).StatusCode);
    }

    async Task Refused(HttpMethod method, string path, string body, string field)
    {
        using var http = stocks.Operator();
        using var answer = await http.SendAsync(
            new(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
        var problem = await Answer<VehicleDto>.Read(answer);
        Assert.Equal((HttpStatusCode.BadRequest, "validation"), (problem.Status, problem.Problem));
        Assert.Equal(field, Assert.Single(problem.Fields).Split('[')[0]);
    }

    async Task<Answer<ProductDto>> Post(string path, object body)
    {
        using var http = stocks.Operator();
        using var answer = await http.PostAsJsonAsync(path, body);
        return answer.IsSuccessStatusCode
            ? new(answer.StatusCode, null, null, [])
            : await Answer<ProductDto>.Read(answer);
    }

    async Task<(int, int)> Numbers(Guid productId)
    {
        using var http = stocks.Anonymous();
        var product = (await http.GetFromJsonAsync<ProductDto>($"/stocks/{productId}", ApiJson.Options))!;
        return (product.Total, product.Available);
    }
}
