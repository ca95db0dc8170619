using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Confluent.Kafka;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.UnitTests.Messaging;

public sealed class FaultsTests
{
    static FaultsTests() => MessagingFaults.Teach();

    [Theory]
    [InlineData("55P03", Fault.Conflict)]    // lock_not_available
    [InlineData("40P01", Fault.Conflict)]    // deadlock_detected
    [InlineData("40001", Fault.Conflict)]    // serialization_failure
    [InlineData("57P03", Fault.StoreAway)]   // cannot_connect_now
    [InlineData("57P01", Fault.StoreAway)]   // admin_shutdown
    [InlineData("53300", Fault.StoreAway)]   // too_many_connections
    [InlineData("53100", Fault.StoreAway)]   // disk_full
    [InlineData("08006", Fault.StoreAway)]   // connection_failure
    [InlineData("25006", Fault.StoreAway)]   // read_only_sql_transaction
    [InlineData("25P03", Fault.StoreAway)]   // idle_in_transaction_session_timeout
    [InlineData("58030", Fault.StoreAway)]   // io_error
    [InlineData("25P02", Fault.Ours)]        // in_failed_sql_transaction
    [InlineData("42703", Fault.Ours)]        // undefined_column
    [InlineData("23505", Fault.Ours)]        // unique_violation
    [InlineData("22021", Fault.Input)]       // a NUL in a text
    [InlineData("22003", Fault.Input)]       // numeric_value_out_of_range
    public void The_state_the_server_said_decides_however_deep_it_is_wrapped(string state, Fault fault)
    {
        var said = new PostgresException("said so", "ERROR", "ERROR", state);
        Assert.Equal(fault, Faults.Of(said));
        Assert.Equal(fault, Faults.Of(new DbUpdateException("saving", said)));
        Assert.Equal(
            fault, Faults.Of(new InvalidOperationException("somebody's", new DbUpdateException("saving", said))));
    }

    [Fact]
    public void What_never_reached_a_server_is_the_stores_absence()
    {
        Assert.Equal(Fault.StoreAway, Faults.Of(new NpgsqlException("no", new SocketException(111))));
        Assert.Equal(Fault.StoreAway, Faults.Of(new TimeoutException()));
        Assert.Equal(Fault.StoreAway, Faults.Of(new NpgsqlException("the stream ended")));
        Assert.Equal(Fault.Conflict, Faults.Of(new DbUpdateConcurrencyException()));
    }

    [Fact]
    public void Reading_and_brokers_have_faults_of_their_own()
    {
        Assert.Equal(Fault.Input, Faults.Of(new JsonException()));
        Assert.Equal(Fault.BrokerAway, Faults.Of(new KafkaException(new Error(ErrorCode.Local_AllBrokersDown))));
        Assert.Equal(Fault.BrokerAway, Faults.Of(new KafkaException(new Error(ErrorCode.NotEnoughReplicas))));
        Assert.Equal(Fault.Input, Faults.Of(new KafkaException(new Error(ErrorCode.MsgSizeTooLarge))));
        Assert.Equal(
            Fault.Ours, Faults.Of(new KafkaException(new Error(ErrorCode.Local_Fatal, "over", isFatal: true))));
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable, Fault.StoreAway)]
    [InlineData(HttpStatusCode.BadGateway, Fault.StoreAway)]
    [InlineData(HttpStatusCode.GatewayTimeout, Fault.StoreAway)]
    [InlineData(HttpStatusCode.InternalServerError, Fault.StoreAway)]
    [InlineData(HttpStatusCode.TooManyRequests, Fault.StoreAway)]
    [InlineData(HttpStatusCode.RequestTimeout, Fault.StoreAway)]
    [InlineData(null, Fault.StoreAway)]
    [InlineData(HttpStatusCode.BadRequest, Fault.Ours)]
    [InlineData(HttpStatusCode.Unauthorized, Fault.Ours)]
    [InlineData(HttpStatusCode.NotFound, Fault.Ours)]
    public void A_neighbour_in_trouble_is_no_mistake_of_ours(HttpStatusCode? status, Fault fault) =>
        Assert.Equal(fault, Faults.Of(new HttpRequestException("said so", null, status)));

    [Fact]
    public void A_neighbour_that_breaks_off_is_away() =>
        Assert.Equal(Fault.StoreAway, Faults.Of(new HttpIOException(HttpRequestError.ResponseEnded)));

    [Fact]
    public void Everything_else_is_ours() =>
        Assert.Equal(Fault.Ours, Faults.Of(new InvalidOperationException("a bug", new KeyNotFoundException())));

    [Fact]
    public void A_rule_can_be_taught_and_only_once()
    {
        Faults.Teach(Known);
        Faults.Teach(Known);
        Assert.Equal(Fault.BrokerAway, Faults.Of(new TaughtException()));
        Assert.Equal(Fault.Ours, Faults.Of(new ApplicationException()));
    }

    static Fault? Known(Exception error) => error is TaughtException ? Fault.BrokerAway : null;

    sealed class TaughtException : Exception;
}
