namespace Stammgast.Demo;

/// <summary>What the shop's server tells the platform, and the past of its invented customers.</summary>
internal static class ShopEvents
{
    /// <summary>
    /// An order of record. It carries what the visitor allowed. Without a sign-in it belongs to the
    /// browser's id if consent gave it one, else to this one order alone.
    /// </summary>
    public static TrackEvent Ordered(
        Visit visit, string orderId, Device device, DateTimeOffset at) => new()
        {
            Type = "track",
            Event = "Order Completed",
            MessageId = "order-" + orderId,
            UserId = visit.Patron?.UserId,
            AnonymousId = device.AnonymousId.Length > 0 ? device.AnonymousId
            : visit.Patron is null ? "guest-" + orderId : null,
            Timestamp = at,
            Properties = Order(orderId, Booked(visit.Basket, orderId, at).Lines),
            Context = device.Stamp is { } stamp ? new(new ConsentContext(stamp)) : null,
        };

    /// <summary>A line that came back.</summary>
    public static TrackEvent Returned(string userId, string orderId, PastLine line) => new()
    {
        Type = "track",
        Event = "Order Returned",
        MessageId = $"return-{orderId}-{line.Variant.Id}",
        UserId = userId,
        Timestamp = line.ReturnedAt,
        Properties = new()
        {
            OrderId = orderId, Reason = line.Reason, Products = [Product(line)],
        },
    };

    /// <summary>The basket as the shop's books have it.</summary>
    public static PastOrder Booked(Basket basket, string orderId, DateTimeOffset at) => new(
        orderId, at, [.. basket.Lines.Select(line => new PastLine(
            line.Style, line.Variant, line.Quantity, line.Gift, Reason: null, ReturnedAt: null))]);

    /// <summary>A customer's whole past, in the order in which it happened.</summary>
    public static IEnumerable<TrackEvent> Past(Patron patron)
    {
        var stamp = new EventContext(new ConsentContext(
            Categories.All.ToDictionary(category => category, patron.Given.Contains)));
        if (patron.Orders is not [var first, ..])
            yield break;
        yield return new()
        {
            Type = "identify",
            MessageId = "hello-" + patron.UserId,
            UserId = patron.UserId,
            Timestamp = first.At.AddMinutes(-5),
            Traits = new Dictionary<string, string> { ["email"] = patron.Email },
            Context = stamp,
        };
        var told = new List<TrackEvent>();
        foreach (var order in patron.Orders)
        {
            told.Add(new()
            {
                Type = "track",
                Event = "Order Completed",
                MessageId = "order-" + order.Id,
                UserId = patron.UserId,
                Timestamp = order.At,
                Properties = Order(order.Id, order.Lines),
                Context = stamp,
            });
            told.AddRange(order.Lines.Where(line => line.Reason is not null)
                .Select(line => Returned(patron.UserId, order.Id, line) with { Context = stamp }));
        }
        foreach (var one in told.OrderBy(one => one.Timestamp))
            yield return one;
    }

    private static EventProperties Order(string orderId, IReadOnlyList<PastLine> lines) => new()
    {
        OrderId = orderId,
        Currency = "EUR",
        Total = lines.Sum(line => line.Quantity * line.Style.PriceMinor) / 100m,
        Products = [.. lines.Select(Product)],
    };

    private static EventProduct Product(PastLine line) => new()
    {
        ProductId = line.Style.Id,
        Variant = line.Variant.Id,
        Quantity = line.Quantity,
        Price = line.Style.PriceMinor / 100m,
        Gift = line.Gift ? true : null,
    };
}

/// <summary>What the browser says of itself, where consent let the SDK give it an id.</summary>
internal sealed record Device(string AnonymousId, IReadOnlyDictionary<string, bool>? Stamp)
{
    /// <summary>Reads the two fields that script fills.</summary>
    public static Device Of(IFormCollection form)
    {
        var id = form["anonymousId"].ToString();
        return new(id.Length <= 64 ? id : "", Categories.Stamp(form["given"].ToString()));
    }
}
