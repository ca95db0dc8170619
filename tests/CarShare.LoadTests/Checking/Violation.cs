namespace CarShare.LoadTests.Checking;

/// <summary>What is not as it must be.</summary>
/// <param name="Rule">Name of the rule, one of <see cref="Rules"/>.</param>
/// <param name="Subject">The order's id; for what belongs to no order, the customer, product, car or service.</param>
/// <param name="What">In one sentence.</param>
sealed record Violation(string Rule, string Subject, string What)
{
    public override string ToString() => $"{Rule}  {Subject}  {What}";
}

/// <summary>The names of the rules.</summary>
static class Rules
{
    // the system has come to rest
    public const string Quiet = "everything-is-decided", OutboxEmpty = "outboxes-are-empty",
        CaughtUp = "consumers-have-caught-up", NothingParked = "nothing-is-parked";

    // one order, across all stores
    public const string Priced = "price-is-rate-by-hours-by-cars", OnePayment = "accepted-has-one-payment",
        OneDelivery = "accepted-has-one-delivery", OnePage = "accepted-has-one-page";
    public const string HoldsItsCars = "accepted-holds-its-cars", EndedHoldsNoCar = "ended-holds-no-car",
        EndedHoldsNoMoney = "ended-holds-no-money";
    public const string PageIsTruth = "page-is-truth", TimelineIsComplete = "timeline-tells-every-change",
        NotifiedOnce = "every-change-is-notified-once", NothingWithoutOrder = "nothing-without-an-order";

    // sums
    public const string LedgerIsBalance = "ledger-is-balance", CarsAddUp = "cars-add-up",
        NoOverlap = "no-car-is-reserved-twice", StockOnPages = "remaining-stock-is-truth";

    // what clients were told
    public const string AnswersAreKept = "answers-are-kept";

    // topics
    public const string TopicsComplete = "topics-hold-the-outboxes", OneContent = "one-event-one-content";
}
