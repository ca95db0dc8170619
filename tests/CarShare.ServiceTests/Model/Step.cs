using CsCheck;

namespace CarShare.ServiceTests.Model;

public enum Act
{
    TopUp,
    Place,

    /// <summary>The same request with the same key.</summary>
    Repeat,
    Cancel,

    /// <summary>Deliveries tells that the customer has the cars.</summary>
    HandOver,
    Return,
    Register,
    Retire,

    /// <summary>Everything comes to an end and is compared with the model; nothing goes wrong meanwhile.</summary>
    Rest,
}

/// <summary>What goes wrong while a step is made.</summary>
public enum Trouble
{
    None,

    /// <summary>As soon as a neighbour is asked, where one is.</summary>
    CallerHangsUp,
    StocksAway,
    PaymentsAway,
    StocksAnswersLost,
    PaymentsAnswersLost,
    StocksFrozen,
    PaymentsFrozen,
    OrdersKilled,
    StocksKilled,
    PaymentsKilled,

    /// <summary>An event of before comes once more.</summary>
    ToldAgain,
}

/// <param name="Act">What is done.</param>
/// <param name="Who">Which of the customers.</param>
/// <param name="Which">Which of what there is: orders, products or cars.</param>
/// <param name="HowMany">Cars and hours, or hundreds.</param>
/// <param name="Trouble">What goes wrong meanwhile.</param>
public sealed record Step(Act Act, int Who, int Which, int HowMany, Trouble Trouble)
{
    public const int Customers = 2;

    // Starting a process again takes seconds, so that few are killed.
    static readonly Gen<Trouble> s_trouble = Gen.Frequency(
        (24, Gen.Const(Trouble.None)), (3, Gen.Const(Trouble.CallerHangsUp)), (5, Gen.Const(Trouble.ToldAgain)),
        (6, Gen.OneOf(Trouble.StocksAway, Trouble.PaymentsAway, Trouble.StocksAnswersLost,
            Trouble.PaymentsAnswersLost)),
        (3, Gen.OneOf(Trouble.StocksFrozen, Trouble.PaymentsFrozen)),
        (2, Gen.OneOf(Trouble.OrdersKilled, Trouble.StocksKilled, Trouble.PaymentsKilled)));

    static readonly Gen<Act> s_act = Gen.Frequency(
        (2, Act.TopUp), (6, Act.Place), (3, Act.Repeat), (3, Act.Cancel), (2, Act.HandOver), (2, Act.Return),
        (1, Act.Register), (1, Act.Retire), (1, Act.Rest));

    public static Gen<Step[]> Sequences { get; } = Gen.Select(
        s_act, Gen.Int[0, Customers - 1], Gen.Int[0, 9], Gen.Int[1, 4], s_trouble,
        (act, who, which, howMany, trouble) =>
            new Step(act, who, which, howMany, act == Act.Rest ? Trouble.None : trouble)).Array[4, 20];

    public override string ToString() =>
        $"{Act} (who {Who}, which {Which}, how many {HowMany}{(Trouble == Trouble.None ? "" : $", {Trouble}")})";
}
