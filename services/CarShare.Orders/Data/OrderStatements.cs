using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using CarShare.Messaging;
using CarShare.Orders.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace CarShare.Orders.Data;

/// <summary>
/// The two statements that write an order while it is being taken, each one round trip and one commit. They are made of
/// the mapping, so that
/// what is mapped is written and no column is listed a second time.
/// </summary>
static class OrderStatements
{
    static readonly ConcurrentDictionary<(bool Insert, ulong Nulls), string> Formats = new();

    /// <summary>Saves the order as it is now, together with the fact that made it so.</summary>
    /// <returns>False when somebody has touched the row since it was read: then nothing is changed.</returns>
    public static Task<bool> TrySave<TEvent>(this OrdersDb db, Order order, TEvent fact, CancellationToken ct)
        where TEvent : class, Contracts.IEvent => db.PublishWith(fact, Update(db, order, "WITH done AS ({0})"), ct);

    /// <inheritdoc cref="TrySave{TEvent}"/>
    public static async Task<bool> TrySave(this OrdersDb db, Order order, CancellationToken ct) =>
        (await db.Read(Update(db, order, "{0}"), _ => true, ct)).Count == 1;

    /// <summary>Columns and values of a new order; the store adds what has a default there.</summary>
    internal static FormattableString Insert(OrdersDb db, Order order)
    {
        var columns = Columns(db).Where(p => p.ValueGenerated == ValueGenerated.Never).ToList();
        return Statement(true, columns, order, holes =>
            $"INSERT INTO orders ({string.Join(", ", columns.Select(Name))}) SELECT {string.Join(", ", holes)}", []);
    }

    static FormattableString Update(OrdersDb db, Order order, string around)
    {
        var columns = Columns(db).Where(
            p => p.GetAfterSaveBehavior() == PropertySaveBehavior.Save && !p.IsConcurrencyToken).ToList();
        var statement = Statement(false, columns, order, holes =>
            $"""
            UPDATE orders SET {string.Join(", ", columns.Zip(holes, (column, hole) => $"{Name(column)} = {hole}"))}
            WHERE order_id = {holes[^2]} AND xmin::text = {holes[^1]} RETURNING order_id
            """, [order.OrderId, order.Xmin.ToString(CultureInfo.InvariantCulture)]);
        return FormattableStringFactory.Create(
            around.Replace("{0}", statement.Format, StringComparison.Ordinal), statement.GetArguments());
    }

    /// <summary>
    /// What is null stands in the text as NULL: a statement is prepared with the types of its parameters, which a null
    /// has none of.
    /// </summary>
    static FormattableString Statement(
        bool isInsert, List<IProperty> columns, Order order, Func<List<string>, string> text, object?[] more)
    {
        var values = columns.ConvertAll(column => Value(column, order));
        var nulls = values.Index().Aggregate(
            0UL, (mask, value) => value.Item is null ? mask | (1UL << value.Index) : mask);
        var format = Formats.GetOrAdd((isInsert, nulls), _ =>
        {
            var next = 0;
            var holes = columns.Zip(
                values, (column, value) => value is null ? "NULL" : $"{{{next++}}}::{Type(column)}").ToList();
            holes.AddRange(more.Select(_ => $"{{{next++}}}"));
            return text(holes);
        });
        return FormattableStringFactory.Create(format, [.. values.Where(value => value is not null), .. more]);
    }

    static IEnumerable<IProperty> Columns(OrdersDb db) => db.Model.FindEntityType(typeof(Order))!.GetProperties();

    static string Name(IProperty column) => column.GetColumnName();

    // Without its length: a cast to it would cut what does not fit.
    static string Type(IProperty column) => column.GetColumnType().Split('(')[0];

    static object? Value(IProperty column, Order order)
    {
        var value = column.GetGetter().GetClrValue(order);
        return value is not null
            && column.GetTypeMapping().Converter is { } converter ? converter.ConvertToProvider(value) : value;
    }
}
