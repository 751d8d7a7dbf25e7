namespace Stammgast.Profiles;

/// <summary>
/// What one purpose may see of one leaf at one moment. Only <see cref="Profile"/> makes one; a
/// default one allows nothing.
/// </summary>
internal readonly record struct Sight
{
    /// <summary>The purpose in whose name is looked.</summary>
    public required Purpose Purpose { get; init; }

    /// <summary>Whether the purpose is in force for the leaf at this moment.</summary>
    public required bool IsInForce { get; init; }

    /// <summary>Whether the purpose may see what others told or what was made public.</summary>
    public required bool SeesForeign { get; init; }

    /// <summary>Whether the purpose may see sensitive purchases (the order itself, service).</summary>
    public required bool SeesSensitive { get; init; }

    /// <summary>The purpose's retention: nothing that is dated before goes out.</summary>
    public required long NotBeforeMs { get; init; }

    /// <summary>Whether the mark may go out.</summary>
    public bool Allows(in Mark mark) =>
        IsInForce
        && mark.Origin.Allowed.Has(Purpose)
        && (SeesForeign || !mark.Origin.IsForeign)
        && (SeesSensitive || !IsSensitive(mark))
        && !(IsDated(mark.Kind) && mark.AtMs < NotBeforeMs);

    /// <summary>Whether an event of the leaf's history may be shown, by the same rules.</summary>
    public bool Allows(Event e) =>
        IsInForce
        && e.Allowed.Has(Purpose)
        && (SeesForeign || !Origin.Of(e).IsForeign)
        && (SeesSensitive || !HasSensitive(e))
        && e.AtMs >= NotBeforeMs;

    private static bool HasSensitive(Event e)
    {
        foreach (var item in e.Items)
        {
            if (item.Sensitive)
                return true;
        }
        return false;
    }

    private static bool IsDated(MarkKind kind) =>
        kind is MarkKind.Trait or (>= MarkKind.Viewed and <= MarkKind.Returned);

    private static bool IsSensitive(in Mark mark) =>
        mark.Kind == MarkKind.Bought && ((BoughtFlags)mark.Slot & BoughtFlags.Sensitive) != BoughtFlags.None;
}

/// <summary>How many marks a view may not see, by what they are about.</summary>
internal sealed class WithheldCounts
{
    /// <summary>Identifiers.</summary>
    public int Identifiers { get; private set; }

    /// <summary>Traits.</summary>
    public int Facts { get; private set; }

    /// <summary>Purchases, in detail or as resting.</summary>
    public int Purchases { get; private set; }

    /// <summary>Everything else.</summary>
    public int Others { get; private set; }

    /// <summary>Counts one.</summary>
    public void Add(MarkKind kind)
    {
        if (kind <= MarkKind.AnonymousId)
            Identifiers++;
        else if (kind == MarkKind.Trait)
            Facts++;
        else if (kind is MarkKind.Bought or MarkKind.Rested)
            Purchases++;
        else
            Others++;
    }
}
