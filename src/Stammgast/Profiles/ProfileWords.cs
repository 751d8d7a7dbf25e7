using System.Text.Json;
using Stammgast.Consent;
using Stammgast.Identity;

namespace Stammgast.Profiles;

/// <summary>This room's things in the words of the wire.</summary>
internal static class ProfileWords
{
    /// <summary>The identifier types that callers may name.</summary>
    public const string Types = "user_id, loyalty_card, email, phone, anonymous_id";

    /// <summary>The wire name of an identifier type.</summary>
    public static string Wire(IdentifierType type) => type switch
    {
        IdentifierType.UserId => "user_id",
        IdentifierType.LoyaltyCard => "loyalty_card",
        IdentifierType.Email => "email",
        IdentifierType.Phone => "phone",
        IdentifierType.AnonymousId => "anonymous_id",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such type."),
    };

    /// <summary>Reads an identifier type, in the wire's form or as Segment's SDKs write it.</summary>
    public static bool TryRead(string text, out IdentifierType type)
    {
        type = text switch
        {
            "user_id" or "userId" => IdentifierType.UserId,
            "loyalty_card" or "loyaltyCard" => IdentifierType.LoyaltyCard,
            "email" => IdentifierType.Email,
            "phone" => IdentifierType.Phone,
            "anonymous_id" or "anonymousId" => IdentifierType.AnonymousId,
            _ => default,
        };
        return Enum.IsDefined(type);
    }

    /// <summary>The wire name of a provenance.</summary>
    public static string Wire(Provenance provenance) => provenance switch
    {
        Provenance.Declared => "declared",
        Provenance.Observed => "observed",
        Provenance.Derived => "derived",
        Provenance.Inferred => "inferred",
        Provenance.Public => "public",
        _ => "third_party",
    };

    /// <summary>The wire name of a rule.</summary>
    public static string Wire(LinkRule rule) => rule switch
    {
        LinkRule.Anchor => "anchor",
        LinkRule.SameIdentifier => "same_identifier",
        LinkRule.ExplicitMerge => "explicit_merge",
        LinkRule.RefusedShared => "refused_shared",
        LinkRule.RefusedLimit => "refused_limit",
        LinkRule.RefusedTwoUsers => "refused_two_users",
        _ => "refused_unmerged",
    };

    /// <summary>Why staff's order is refused.</summary>
    public static string Why(LinkRule rule) => rule switch
    {
        LinkRule.RefusedTwoUsers => "Two known users never merge.",
        LinkRule.RefusedLimit => "One person would have too many identifiers of a type.",
        _ => "These leaves are kept apart by an earlier order.",
    };

    /// <summary>An instant of the wire.</summary>
    public static DateTimeOffset Instant(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    /// <summary>A fact as the wire has it.</summary>
    public static FactRead Read(Fact fact, Purposes purposes) => new(
        fact.Key, Json(fact.Value), Wire(fact.Provenance), [.. purposes.KeysOf(fact.Purposes)],
        fact.Source.Value == 0 ? null : fact.Source.Value,
        fact.AtMs == 0 ? null : Instant(fact.AtMs));

    /// <summary>An event as the wire has it.</summary>
    public static EventRead Read(Event e) => new(
        Wire(e.Type), e.Name, Instant(e.AtMs), Instant(e.ReceivedAtMs),
        e.Source.Value, Wire(Origin.Of(e).Provenance), e.OfRecord,
        e.OrderId.Length == 0 ? null : e.OrderId, e.TotalMinor == 0 ? null : e.TotalMinor,
        [.. e.Items.Select(item => new ItemRead(item.ProductId, item.VariantId, item.Category,
            item.Quantity, item.PriceMinor, item.Gift))],
        e.Body.IsEmpty ? null : JsonElement.Parse(e.Body.Span));

    /// <summary>
    /// An explanation as a purpose may see it: whose identifiers it may not see are told by type
    /// only, and counted.
    /// </summary>
    public static ExplanationRead Read(Explanation explanation, ProfileView view)
    {
        var person = explanation.Resolution.Persons
            .First(group => group.Members.Any(member => member.Leaf == view.Person));
        var members = person.Members.Select(member => member.Leaf).ToHashSet();
        var visible = view.Identifiers.Select(known => known.Identifier).ToHashSet();
        var withheld = 0;
        var links = new List<LinkRead>();
        foreach (var step in explanation.Resolution.Steps.Where(step => members.Contains(step.Leaf)))
        {
            string? value = null;
            if (step.Type is not null && explanation.Names.TryGetValue(step.Hash, out var name))
            {
                if (visible.Contains(name))
                    value = name.Value;
                else
                    withheld++;
            }
            links.Add(new LinkRead(step.Leaf.ToString(),
                step.Type is { } type ? Wire(type) : null, value, Instant(step.AtMs),
                Wire(step.Rule), step.Rule <= LinkRule.ExplicitMerge,
                step.Other == LeafId.None ? null : step.Other.ToString()));
        }
        return new ExplanationRead(person.Root.ToString(),
            [.. person.Members.Select(member => new MemberRead(member.Leaf.ToString(),
                member.JoinedAtMs is 0 or long.MaxValue ? null : Instant(member.JoinedAtMs)))],
            links, withheld);
    }

    private static string Wire(EventType type) => type switch
    {
        EventType.Track => "track",
        EventType.Identify => "identify",
        EventType.Page => "page",
        EventType.Screen => "screen",
        EventType.Group => "group",
        _ => "alias",
    };

    private static JsonElement Json(string text) => JsonElement.Parse(text);
}
