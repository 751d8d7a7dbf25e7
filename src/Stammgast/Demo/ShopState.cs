using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Stammgast.Demo;

/// <summary>
/// What the shop's own server knows: goods, invented customers, who is signed in, orders. Lives as
/// long as the process; the platform keeps its own.
/// </summary>
internal sealed class ShopState(Assortment assortment, IReadOnlyList<Patron> people)
{
    /// <summary>The name of the sign-in cookie.</summary>
    public const string Cookie = "shop";

    private const int SignedInAtMost = 2000;
    private const int RecentAtMost = 500;

    private readonly ConcurrentDictionary<string, Patron> _signedIn = new();
    private readonly ConcurrentDictionary<string, PastOrder> _recent = new();
    private readonly ConcurrentDictionary<string, ImmutableList<PastOrder>> _orders = new(
        people.Select(p => KeyValuePair.Create(p.UserId, p.Orders.ToImmutableList())));

    /// <summary>What is sold.</summary>
    public Assortment Assortment { get; } = assortment;

    /// <summary>Who there is to be.</summary>
    public IReadOnlyList<Patron> People { get; } = people;

    /// <summary>Signs somebody in; the cookie's value, or null if there is no such customer.</summary>
    public string? SignIn(string? userId)
    {
        if (People.FirstOrDefault(person => person.UserId == userId) is not { } person)
            return null;
        if (_signedIn.Count >= SignedInAtMost)
            _signedIn.Clear();
        var session = RandomNumberGenerator.GetHexString(32, lowercase: true);
        _signedIn[session] = person;
        return session;
    }

    /// <summary>Forgets a sign-in.</summary>
    public void SignOut(string? session) => _signedIn.TryRemove(session ?? "", out _);

    /// <summary>Who is signed in, or null.</summary>
    public Patron? Who(string? session) => _signedIn.GetValueOrDefault(session ?? "");

    /// <summary>A customer's orders, oldest first.</summary>
    public IReadOnlyList<PastOrder> Orders(Patron patron) => _orders[patron.UserId];

    /// <summary>Books an order; without a customer it is remembered for its thanks page only.</summary>
    public void Add(Patron? patron, PastOrder order)
    {
        if (_recent.Count >= RecentAtMost)
            _recent.Clear();
        _recent[order.Id] = order;
        if (patron is not null)
            _orders.AddOrUpdate(patron.UserId, [order], (_, orders) => orders.Add(order));
    }

    /// <summary>An order just placed, or null.</summary>
    public PastOrder? Recent(string orderId) => _recent.GetValueOrDefault(orderId);

    /// <summary>Books a return; the line, or null if there is none that could go back.</summary>
    public PastLine? Return(Patron patron, ReturnSlip slip)
    {
        var orders = _orders[patron.UserId];
        var order = orders.Find(o => o.Id == slip.OrderId);
        var line = order?.Lines.FirstOrDefault(
            l => l.Variant.Id == slip.VariantId && l.Reason is null);
        if (order is null || line is null)
            return null;
        var back = line with { Reason = slip.Reason, ReturnedAt = slip.At };
        var lines = order.Lines.Select(l => ReferenceEquals(l, line) ? back : l).ToList();
        _orders[patron.UserId] = orders.Replace(order, order with { Lines = lines });
        return back;
    }
}

/// <summary>What a customer sends back, and why.</summary>
internal sealed record ReturnSlip(
    string OrderId, string VariantId, string Reason, DateTimeOffset At);
