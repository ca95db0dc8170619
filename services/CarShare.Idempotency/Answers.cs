using System.Text.Json;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Idempotency;

/// <summary>The first answer to a request, given to every repeat of it, and its effect once.</summary>
public static class Answers
{
    /// <summary>
    /// Runs <paramref name="work"/> in one transaction with the row of its key. A repeat waits for the first one (its
    /// row is locked) and gets its answer byte for byte; with another body it is 422. A refusal (4xx, or
    /// <see cref="RefusedException"/>) is an answer too, but its effects are rolled back. 429 and 5xx are none: nothing
    /// is kept of them. Without a key the work runs each time.
    /// </summary>
    public static async Task<IResult> Once(
        this DbContext db, IdempotencyKey key, Func<CancellationToken, Task<IResult>> work, CancellationToken ct)
    {
        try
        {
            return await db.InTransaction(
                token => key.Value is null ? Run(work, token) : RunOnce(db, key, work, token), ct);
        }
        catch (NoAnswer none)
        {
            return none.Result;
        }
        catch (RefusedException refused)
        {
            return refused.Refusal.ToProblem();
        }
    }

    static async Task<IResult> Run(Func<CancellationToken, Task<IResult>> work, CancellationToken ct)
    {
        var result = await work(ct);
        return IsSuccess(result) ? result : throw new NoAnswer(result);
    }

    static async Task<IResult> RunOnce(
        DbContext db, IdempotencyKey key, Func<CancellationToken, Task<IResult>> work, CancellationToken ct)
    {
        var isFirst = await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO idempotency_keys (caller, operation, key, request_hash, created_at)
            VALUES ({key.Caller}, {key.Operation}, {key.Value}, {key.RequestHash}, now()) ON CONFLICT DO NOTHING
            """, ct) == 1;
        if (!isFirst) return await Repeat(db, key, ct);

        await db.Database.CurrentTransaction!.CreateSavepointAsync("effect", ct);
        var result = await Try(work, ct);
        if (!IsSuccess(result))
        {
            if (StatusOf(result) is >= 500 or StatusCodes.Status429TooManyRequests) throw new NoAnswer(result);
            await db.Database.CurrentTransaction!.RollbackToSavepointAsync("effect", ct);
            db.ChangeTracker.Clear();
        }

        var answer = await StoredAnswer.Of(result, key.Services, ct);
        await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE idempotency_keys SET status = {answer.Status},
                headers = {JsonSerializer.Serialize(answer.Headers)}::jsonb, body = {answer.Body}
            WHERE caller = {key.Caller} AND operation = {key.Operation} AND key = {key.Value}
            """, ct);
        return answer;
    }

    static async Task<IResult> Try(Func<CancellationToken, Task<IResult>> work, CancellationToken ct)
    {
        try
        {
            return await work(ct);
        }
        catch (RefusedException refused)
        {
            return refused.Refusal.ToProblem();
        }
    }

    static async Task<IResult> Repeat(DbContext db, IdempotencyKey key, CancellationToken ct)
    {
        var first = await db.Set<IdempotentAnswer>().AsNoTracking()
            .SingleAsync(a => a.Caller == key.Caller && a.Operation == key.Operation && a.Key == key.Value, ct);
        if (first.RequestHash != key.RequestHash)
            return new Refusal(RefusalKind.Impossible, "idempotency-key-reused",
                "This Idempotency-Key was used for another request.").ToProblem();
        return new StoredAnswer(
            first.Status!.Value, JsonSerializer.Deserialize<Dictionary<string, string>>(first.Headers!)!, first.Body!);
    }

    static int StatusOf(IResult result) => result switch
    {
        INestedHttpResult { Result: { } inner } => StatusOf(inner),
        IStatusCodeHttpResult { StatusCode: { } status } => status,
        _ => StatusCodes.Status200OK,
    };

    static bool IsSuccess(IResult result) => StatusOf(result) < 400;

    /// <summary>Rolls the transaction back and is answered all the same.</summary>
    sealed class NoAnswer(IResult result) : Exception
    {
        public IResult Result { get; } = result;
    }
}
