namespace CarShare.Web.Pages;

/// <summary>What somebody filled in to rent a car.</summary>
public sealed class RentForm
{
    public const int MostHours = 720, MostCars = 20, MostText = 200;

    public int Hours { get; set; } = 4;

    public int Quantity { get; set; } = 1;

    /// <summary>One particular car, or whichever is free.</summary>
    public Guid? Vehicle { get; set; }

    public string? Address { get; set; }

    public string? Name { get; set; }

    public string? Phone { get; set; }

    public string? Email { get; set; }

    /// <summary>Made with the page: sent twice, it is still one rental.</summary>
    public string Key { get; set; } = Guid.CreateVersion7().ToString();

    /// <summary>The price per hour that was shown.</summary>
    public decimal Rate { get; set; }

    /// <summary>"price" or "rent": which button it was.</summary>
    public string? Intent { get; set; }

    /// <summary>One particular car is one car.</summary>
    public int Cars => Vehicle is null ? Quantity : 1;

    public decimal Total => Rate * Hours * Cars;

    /// <summary>The fields that are wrong, each with the name of its text.</summary>
    public Dictionary<string, string> Errors()
    {
        var errors = new Dictionary<string, string>();
        if (Hours is < 1 or > MostHours) errors["hours"] = "rent.hours.wrong";
        if (Quantity is < 1 or > MostCars) errors["quantity"] = "rent.quantity.wrong";
        if (string.IsNullOrWhiteSpace(Address)) errors["address"] = "rent.address.needed";
        else if (Address.Trim().Length > MostText) errors["address"] = "text.too-long";
        if (Name?.Trim().Length > MostText) errors["name"] = "text.too-long";
        if (Phone?.Trim().Length > MostText) errors["phone"] = "text.too-long";
        if (Email?.Trim().Length > MostText) errors["email"] = "text.too-long";
        // whoever is to be reached has a name and a number
        var wantsContact = !IsEmpty(Name) || !IsEmpty(Phone) || !IsEmpty(Email);
        if (wantsContact && IsEmpty(Name)) errors["name"] = "rent.name.needed";
        if (wantsContact && IsEmpty(Phone)) errors["phone"] = "rent.phone.needed";
        return errors;
    }

    public object Order(Guid product)
    {
        var order = new Dictionary<string, object?>
        {
            ["productId"] = product,
            ["quantity"] = Cars,
            ["hours"] = Hours,
            ["deliveryAddress"] = Address!.Trim(),
        };
        if (Vehicle is { } vehicle) order["vehicleId"] = vehicle;
        if (!IsEmpty(Name)) order["contact"] = ContactOf();
        return order;
    }

    Dictionary<string, string> ContactOf()
    {
        var contact = new Dictionary<string, string> { ["name"] = Name!.Trim(), ["phone"] = Phone!.Trim() };
        if (!IsEmpty(Email)) contact["email"] = Email!.Trim();
        return contact;
    }

    static bool IsEmpty(string? text) => string.IsNullOrWhiteSpace(text);
}
