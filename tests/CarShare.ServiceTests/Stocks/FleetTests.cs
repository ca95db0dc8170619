using System.Net;
using System.Net.Http.Json;
using System.Text;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using static CarShare.ServiceTests.Stocks.StocksFixture;

namespace CarShare.ServiceTests.Stocks;

/// <summary>What customers choose from and what operators do with the fleet.</summary>
[Collection("Stocks")]
public sealed class FleetTests(StocksFixture stocks)
{
    [Fact] // F1 F13
    public async Task Anyone_sees_the_cars_to_choose_from_and_only_operators_see_whose_order_holds_one()
    {
        var product = await stocks.Product(cars: 3);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        var held = reservation.Vehicles[0];
        foreach (var http in new[] { stocks.Anonymous(), stocks.As("carol") })
        {
            var cars = (await http.GetFromJsonAsync<Page<VehicleDto>>($"/stocks/{product.ProductId}/vehicles",
                ApiJson.Options))!.Items;
            Assert.Equal(3, cars.Count);
            Assert.All(cars, car => Assert.Equal((Home, null), (car.Location, car.OrderId)));
            Assert.Equal((held.Plate, VehicleState.Reserved),
                Assert.Single(cars, c => c.VehicleId == held.VehicleId) is var c ? (c.Plate, c.State) : default);
        }

        Assert.Equal(orderId, (await stocks.Car(product.ProductId, held.VehicleId)).OrderId);
    }

    [Fact] // F13
    public async Task A_car_is_reserved_from_the_order_in_use_from_the_handover_and_each_state_can_be_asked_for()
    {
        var product = await stocks.Product(cars: 5);
        var cars = await stocks.Cars(product.ProductId);
        var (_, reserved) = await stocks.Reserved(product.ProductId);
        var (handedOver, used) = await stocks.Reserved(product.ProductId);
        await stocks.Handled(Delivered(handedOver, [.. used.Vehicles]));
        var free = cars.Select(c => c.VehicleId).Except([reserved.Vehicles[0].VehicleId, used.Vehicles[0].VehicleId])
            .ToList();
        await stocks.Change(product.ProductId, free[0], new { state = VehicleState.Defective });
        await Delete($"/stocks/{product.ProductId}/vehicles/{free[1]}");

        Dictionary<VehicleState, Guid> expected = new()
        {
            [VehicleState.Available] = free[2],
            [VehicleState.Reserved] = reserved.Vehicles[0].VehicleId,
            [VehicleState.InUse] = used.Vehicles[0].VehicleId,
            [VehicleState.Defective] = free[0],
            [VehicleState.Retired] = free[1],
        };
        using var http = stocks.Operator();
        foreach (var (state, car) in expected)
        {
            var found = (await http.GetFromJsonAsync<Page<VehicleDto>>(
                $"/stocks/{product.ProductId}/vehicles?state={state}", ApiJson.Options))!;
            Assert.Equal((car, state), (Assert.Single(found.Items).VehicleId, found.Items[0].State));
        }

        Assert.Equal(HttpStatusCode.BadRequest,
            (await http.GetAsync($"/stocks/{product.ProductId}/vehicles?state=Parked")).StatusCode);
    }

    [Theory] // F16
    [InlineData(VehicleState.Defective, 2, 0)]
    [InlineData(VehicleState.Retired, 0, 0)]
    [InlineData(VehicleState.Available, 2, 2)]
    public async Task Cars_are_registered_in_the_state_they_are_in(VehicleState state, int total, int available)
    {
        using var http = stocks.Operator();
        using var created = await http.PostAsJsonAsync(
            "/stocks", new
            {
                modelName = "Casper",
                hourlyRate = 5_000,
                location = "Suwon",
                plates = new[] { Plate(), Plate() },
                state
            }, ApiJson.Options);
        var product = (await Answer<ProductDto>.Read(created)).Value!;
        Assert.Equal((total, available), (product.Total, product.Available));
        Assert.All(await stocks.Cars(product.ProductId), car => Assert.Equal(state, car.State));

        using var more = await http.PostAsJsonAsync(
            $"/stocks/{product.ProductId}/vehicles", new { plates = new[] { Plate() }, location = "Suwon", state },
            ApiJson.Options);
        Assert.Equal(HttpStatusCode.Created, more.StatusCode);
        var shown = await stocks.Anonymous()
            .GetFromJsonAsync<ProductDto>($"/stocks/{product.ProductId}", ApiJson.Options);
        Assert.Equal((total / 2 * 3, available / 2 * 3), (shown!.Total, shown.Available));
    }

    [Theory]
    [InlineData("Reserved")]
    [InlineData("InUse")]
    public async Task Only_an_order_reserves_a_car_or_hands_it_over(string state)
    {
        var product = await stocks.Product(cars: 1);
        var car = await stocks.TheCar(product.ProductId);
        var body = $$"""{"plates":["{{Plate()}}"],"location":"Suwon","state":"{{state}}"}""";
        Assert.Equal(["state"], (await Send(HttpMethod.Post, $"/stocks/{product.ProductId}/vehicles", body)).Fields);
        Assert.Equal(["state"], (await Send(HttpMethod.Patch, $"/stocks/{product.ProductId}/vehicles/{car.VehicleId}",
            $$"""{"state":"{{state}}"}""")).Fields);
        Assert.Equal(car, await stocks.TheCar(product.ProductId));
    }

    [Fact] // F16
    public async Task Another_price_and_name_are_for_new_orders_and_are_announced()
    {
        var product = await stocks.Product(cars: 2);
        var (earlier, before) = await stocks.Reserved(product.ProductId);
        var changed = await Send(
            HttpMethod.Patch, $"/stocks/{product.ProductId}", """{"modelName":"Ioniq 5 N","hourlyRate":11000}""");
        Assert.Equal(("Ioniq 5 N", 11_000m, 1),
            (changed.Value!.ModelName, changed.Value.HourlyRate, changed.Value.Available));

        var (_, after) = await stocks.Reserved(product.ProductId);
        Assert.Equal(("Ioniq 5 N", 11_000m), (after.ModelName, after.HourlyRate));
        var again = (await stocks.Reserve(product.ProductId, earlier)).Value!;
        Assert.Equal((before.ModelName, before.HourlyRate), (again.ModelName, again.HourlyRate));
        await stocks.Broker.Sees<ProductChanged>(e => e.ProductId == product.ProductId
            && (e.ModelName, e.HourlyRate) == ("Ioniq 5 N", 11_000m));
    }

    [Fact]
    public async Task A_change_that_changes_nothing_is_not_announced()
    {
        var product = await stocks.Product(cars: 0);
        await Send(HttpMethod.Patch, $"/stocks/{product.ProductId}", """{"hourlyRate":9000}""");
        await Eventually.StaysTrue(
            "nothing is told", () => Task.FromResult(stocks.Broker.Published<ProductChanged>()
            .All(e => e.ProductId != product.ProductId)), TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("{}", "modelName")]
    [InlineData("""{"modelName":" "}""", "modelName")]
    [InlineData("""{"hourlyRate":0}""", "hourlyRate")]
    [InlineData("""{"location":"Busan"}""", "location")]
    public async Task A_product_changed_with_bad_input_is_refused_naming_the_field(string body, string field)
    {
        var product = await stocks.Product(cars: 0);
        var answer = await Send(HttpMethod.Patch, $"/stocks/{product.ProductId}", body);
        Assert.Equal((HttpStatusCode.BadRequest, field), (answer.Status, Assert.Single(answer.Fields)));
    }

    [Fact] // F16
    public async Task A_retired_product_is_offered_no_more_and_its_rentals_go_on()
    {
        var product = await stocks.Product(cars: 3);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.NoContent,
            await Delete($"/stocks/{product.ProductId}"));

        using var http = stocks.Anonymous();
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"/stocks/{product.ProductId}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"/stocks/{product.ProductId}/vehicles"))
            .StatusCode);
        var offered = (await http.GetFromJsonAsync<Page<ProductDto>>("/stocks?limit=100", ApiJson.Options))!.Items;
        Assert.DoesNotContain(offered, p => p.ProductId == product.ProductId);
        Assert.Equal(HttpStatusCode.NotFound, (await stocks.Reserve(product.ProductId, Guid.CreateVersion7())).Status);
        await stocks.Broker.Sees<ProductChanged>(e => e.ProductId == product.ProductId && e.Available == 0);

        Assert.Equal(reservation.Vehicles, (await stocks.Reserve(product.ProductId, orderId)).Value!.Vehicles);
        await stocks.Change(product.ProductId, reservation.Vehicles[0].VehicleId,
            new { state = VehicleState.Defective });
        var replaced = await stocks.Broker.Sees<VehicleReassigned>(e => e.OrderId == orderId);
        await stocks.Handled(Delivered(orderId, [.. replaced.Vehicles]));
        await stocks.Handled(Returned(orderId));
        Assert.Equal(HttpStatusCode.NotFound, (await stocks.Reserve(product.ProductId, Guid.CreateVersion7())).Status);
        using var operators = stocks.Operator();
        var shown = await operators.GetFromJsonAsync<ProductDto>($"/stocks/{product.ProductId}", ApiJson.Options);
        Assert.Equal((3, 0), (shown!.Total, shown.Available));
        Assert.Single(stocks.Broker.Published<ProductChanged>(), e => e.ProductId == product.ProductId
            && e.Available == 0);
    }

    [Fact] // F16
    public async Task A_car_is_retired_when_no_order_holds_it_and_can_come_back()
    {
        var product = await stocks.Product(cars: 2);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        var car = reservation.Vehicles[0].VehicleId;
        var path = $"/stocks/{product.ProductId}/vehicles/{car}";
        Assert.Equal((HttpStatusCode.Conflict, "vehicle-held"), await Send(HttpMethod.Delete, path) is var refused
            ? (refused.Status, refused.Problem) : default);
        await stocks.Handled(Cancelled(orderId));
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.NoContent, await Delete(path));

        Assert.Equal(VehicleState.Retired, (await stocks.Car(product.ProductId, car)).State);
        await stocks.Broker.Sees<ProductChanged>(e => e.ProductId == product.ProductId
            && (e.Total, e.Available) == (1, 1));
        Assert.Equal("out-of-stock", (await stocks.Reserve(product.ProductId, Guid.CreateVersion7(), 1, car)).Problem);
        using var http = stocks.Anonymous();
        Assert.Single((await http.GetFromJsonAsync<Page<VehicleDto>>($"/stocks/{product.ProductId}/vehicles",
            ApiJson.Options))!.Items);

        await stocks.Change(product.ProductId, car, new { state = VehicleState.Available });
        await stocks.Broker.Sees<ProductChanged>(e => e.ProductId == product.ProductId
            && (e.Total, e.Available) == (2, 2));
        Assert.Equal(HttpStatusCode.NotFound,
            await Delete($"/stocks/{product.ProductId}/vehicles/{Guid.CreateVersion7()}"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("carol")]
    public async Task What_is_retired_is_shown_to_operators_only_whichever_way_it_is_asked_for(string? customer)
    {
        var (product, gone) = (await stocks.Product(cars: 2), await stocks.Product(cars: 1));
        var path = $"/stocks/{product.ProductId}/vehicles";
        var car = (await stocks.Cars(product.ProductId))[0].VehicleId;
        var rest = $"/stocks/{gone.ProductId}/vehicles/{(await stocks.TheCar(gone.ProductId)).VehicleId}";
        await Delete($"{path}/{car}");
        await Delete($"/stocks/{gone.ProductId}");

        using var http = customer is null ? stocks.Anonymous() : stocks.As(customer);
        using var operators = stocks.Operator();
        foreach (var (query, forAnyone, forOperators) in new[] { ("", 1, 2), ("?state=Retired", 0, 1),
            ("?state=Available", 1, 1), ("?state=Retired&limit=1", 0, 1) })
        {
            Assert.Equal(forAnyone, await Count(http, query));
            Assert.Equal(forOperators, await Count(operators, query));
        }

        foreach (var one in new[] { $"{path}/{car}", rest })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(one)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await operators.GetAsync(one)).StatusCode);
        }

        async Task<int> Count(HttpClient who, string query) =>
            (await who.GetFromJsonAsync<Page<VehicleDto>>(path + query, ApiJson.Options))!.Items.Count;
    }

    [Fact]
    public async Task What_is_retired_already_is_retired_again_by_whoever_knows_it_only()
    {
        var product = await stocks.Product(cars: 1);
        var path = $"/stocks/{product.ProductId}";
        using var http = stocks.Operator();
        foreach (var at in new[] { $"{path}/vehicles/{(await stocks.TheCar(product.ProductId)).VehicleId}", path })
        {
            var before = (await http.GetAsync(at)).Headers.ETag!.ToString();
            Assert.Equal(HttpStatusCode.NoContent, await Delete(at));
            var now = (await http.GetAsync(at)).Headers.ETag!.ToString();
            foreach (var (tag, status) in new[]
            {
                (before, HttpStatusCode.PreconditionFailed), ("\"nope\"", HttpStatusCode.PreconditionFailed),
                ($"W/{now}", HttpStatusCode.PreconditionFailed), (now.Trim('"'), HttpStatusCode.BadRequest),
                ("\"half", HttpStatusCode.BadRequest), (now, HttpStatusCode.NoContent), ("*", HttpStatusCode.NoContent),
                ($"\"nope\", {now}", HttpStatusCode.NoContent),
            })
                Assert.Equal((at, tag, status), (at, tag, (await Send(HttpMethod.Delete, at, null, tag)).Status));
        }
    }

    [Fact] // F14
    public async Task The_last_car_left_elsewhere_takes_its_model_there()
    {
        var product = await stocks.Product(cars: 1);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        Assert.Equal(Home, reservation.Vehicles[0].Location);
        await stocks.Handled(Delivered(orderId, [.. reservation.Vehicles]));
        await stocks.Handled(Returned(orderId, "Gangneung Beach"));

        await Eventually.Holds("the model is where its car is", async () =>
            (await Offered("location=gangneung beach")) is [{ Location: "Gangneung Beach" }]);
        Assert.DoesNotContain(await Offered($"location={Home}"), p => p.ProductId == product.ProductId);
        var (_, next) = await stocks.Reserved(product.ProductId);
        Assert.Equal("Gangneung Beach", next.Vehicles[0].Location);
        Assert.Equal("Gangneung Beach", (await Offered("location=Gangneung Beach"))[0].Location);
    }

    [Theory]
    [InlineData("Élysée Nord", "élysée nord")]
    [InlineData("ЦЕНТР Север", "Центр север")]
    [InlineData("Ärztehaus", "ÄRZTEHAUS")]
    public async Task A_place_is_the_same_in_either_case_of_any_script(string place, string sought)
    {
        var product = await stocks.Product(cars: 1);
        await stocks.Change(
            product.ProductId, (await stocks.TheCar(product.ProductId)).VehicleId, new { location = place });
        foreach (var spelling in new[] { sought, place })
            await Eventually.Holds($"it is found at {spelling}", async () =>
                (await Offered($"location={Uri.EscapeDataString(spelling)}")) is [{ Location: var at }] && at == place);

        // Also as the last one stood there that was told of.
        await stocks.Reserved(product.ProductId);
        Assert.Single(await Offered($"location={Uri.EscapeDataString(sought)}"));
    }

    [Fact]
    public async Task A_model_is_found_at_every_place_where_one_of_its_cars_is_free()
    {
        var product = await stocks.Product(cars: 2);
        await stocks.Change(product.ProductId, (await stocks.Cars(product.ProductId))[0].VehicleId,
            new { location = "Mokpo Harbour" });

        await Eventually.Holds("it is found there", async () =>
            (await Offered("location=Mokpo Harbour")) is [{ Location: Home }]);
        Assert.Contains(await Offered($"location={Home}"), p => p.ProductId == product.ProductId);
    }

    [Fact]
    public async Task Products_are_found_by_price_and_by_whether_a_car_is_free()
    {
        var (cheap, taken) = (await stocks.Product(cars: 1), await stocks.Product(cars: 1));
        await Send(HttpMethod.Patch, $"/stocks/{cheap.ProductId}", """{"hourlyRate":17}""");
        // other tests' products may be cheap, too
        Assert.Contains(await Offered("maxHourlyRate=17"), p => p.ProductId == cheap.ProductId);
        Assert.All(await Offered("maxHourlyRate=17"), p => Assert.InRange(p.HourlyRate, 0, 17));
        Assert.DoesNotContain(await Offered("maxHourlyRate=16"), p => p.ProductId == cheap.ProductId);

        await stocks.Reserved(taken.ProductId);
        await Eventually.Holds("it is counted", async () => (await Offered("available=false"))
            .Any(p => p.ProductId == taken.ProductId));
        var free = await Offered("available=true");
        Assert.Contains(free, p => p.ProductId == cheap.ProductId);
        Assert.DoesNotContain(free, p => p.ProductId == taken.ProductId);
    }

    [Fact]
    public async Task A_change_on_the_ground_of_what_another_operator_has_changed_since_is_refused()
    {
        var product = await stocks.Product(cars: 1);
        var path = $"/stocks/{product.ProductId}";
        using var http = stocks.Operator();
        var tag = (await http.GetAsync(path)).Headers.ETag!.ToString();
        await stocks.Reserved(product.ProductId);
        Assert.Equal(HttpStatusCode.OK, (await Send(HttpMethod.Patch, path, """{"hourlyRate":10000}""", tag)).Status);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "precondition-failed"), await Send(HttpMethod.Patch, path,
            """{"hourlyRate":8000}""", tag) is var late ? (late.Status, late.Problem) : default);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Send(HttpMethod.Delete, path, null, tag)).Status);
        Assert.Equal(10_000m, (await http.GetFromJsonAsync<ProductDto>(path, ApiJson.Options))!.HourlyRate);
        Assert.Equal(HttpStatusCode.OK, (await Send(HttpMethod.Patch, path, """{"hourlyRate":8000}""", "*")).Status);

        var car = $"{path}/vehicles/{(await stocks.TheCar(product.ProductId)).VehicleId}";
        var seen = (await http.GetAsync(car)).Headers.ETag!.ToString();
        Assert.Equal(HttpStatusCode.OK, (await Send(HttpMethod.Patch, car, """{"location":"Suwon"}""", seen)).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed,
            (await Send(HttpMethod.Patch, car, """{"state":"Defective"}""", seen)).Status);
        Assert.Equal(VehicleState.Reserved, (await stocks.TheCar(product.ProductId)).State);
    }

    async Task<IReadOnlyList<ProductDto>> Offered(string filter)
    {
        using var http = stocks.Anonymous();
        return (await http.GetFromJsonAsync<Page<ProductDto>>($"/stocks?limit=100&{filter}", ApiJson.Options))!.Items;
    }

    async Task<HttpStatusCode> Delete(string path) => (await Send(HttpMethod.Delete, path)).Status;

    async Task<Answer<ProductDto>> Send(HttpMethod method, string path, string? body = null, string? ifMatch = null)
    {
        using var http = stocks.Operator();
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode == HttpStatusCode.NoContent ? new(answer.StatusCode, null, null, [])
            : await Answer<ProductDto>.Read(answer);
    }
}
