using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stammgast.Collect;

/// <summary>
/// What the columns of a file of the past mean: a JSON document, checked whole before the first line
/// is read. Of NDJSON, columns are members, nested ones with dots. Members with a default are set,
/// not initialised: generated readers would forget the defaults of those.
/// </summary>
internal sealed record ImportMapping
{
    /// <summary><c>csv</c> or <c>ndjson</c>; empty: by the file's name.</summary>
    public string Format { get; set; } = "";

    /// <summary>CSV separator; empty: found from the first lines.</summary>
    public string Separator { get; set; } = "";

    /// <summary>Lines after another with the same value here are one event; empty: each line is one.</summary>
    public string GroupBy { get; set; } = "";

    /// <summary>When it happened.</summary>
    public required ImportTime Time { get; init; }

    /// <summary>Whose it is.</summary>
    public required ImportAnchor Anchor { get; init; }

    /// <summary>What happened.</summary>
    public required ImportEvent Event { get; init; }

    /// <summary>The product on a line; null: events without products.</summary>
    public ImportItem? Item { get; set; }

    /// <summary>Which lines came back; null: none.</summary>
    public ImportReturns? Returns { get; set; }

    /// <summary>Products met that the catalogue does not know are added to it; null: not.</summary>
    public ImportCatalogue? Catalogue { get; set; }

    /// <summary>Lines that are no business of anybody (postage, samples): left out and counted.</summary>
    public IReadOnlyList<ImportSkip> Skip { get; set; } = [];
}

/// <summary>When a line happened.</summary>
internal sealed record ImportTime
{
    /// <summary>Column.</summary>
    public required string Column { get; init; }

    /// <summary>.NET format such as <c>yyyy-MM-dd HH:mm:ss</c>, or <c>iso</c>, <c>ms</c>, <c>s</c>.</summary>
    public string Format { get; set; } = "iso";

    /// <summary>IANA zone of instants without one.</summary>
    public string Zone { get; set; } = "UTC";
}

/// <summary>Whose a line is.</summary>
internal sealed record ImportAnchor
{
    /// <summary>Column.</summary>
    public required string Column { get; init; }

    /// <summary><c>user_id</c>, <c>loyalty_card</c>, <c>email</c>, <c>phone</c> or <c>anonymous_id</c>.</summary>
    public string Type { get; set; } = "user_id";

    /// <summary>A trailing piece that tools left there, such as <c>.0</c>.</summary>
    public string Strip { get; set; } = "";

    /// <summary>Lines of nobody: <c>reject</c> names each, <c>skip</c> only counts them.</summary>
    public string Missing { get; set; } = "reject";
}

/// <summary>What happened.</summary>
internal sealed record ImportEvent
{
    /// <summary>The event's name, such as <c>Order Completed</c>; empty: <see cref="NameColumn"/>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Column with the event's name.</summary>
    public string NameColumn { get; set; } = "";

    /// <summary>Column with the order's id; empty: none.</summary>
    public string OrderId { get; set; } = "";
}

/// <summary>The product on a line.</summary>
internal sealed record ImportItem
{
    /// <summary>Column with the product's id.</summary>
    public required string ProductId { get; init; }

    /// <summary>Column with the variant's id; empty: none.</summary>
    public string VariantId { get; set; } = "";

    /// <summary>Column with the category; empty: the catalogue's.</summary>
    public string Category { get; set; } = "";

    /// <summary>Column with the pieces; empty: one.</summary>
    public string Quantity { get; set; } = "";

    /// <summary>Column with one piece's price; empty: the catalogue's.</summary>
    public string Price { get; set; } = "";

    /// <summary>
    /// Prices with more decimals than the currency: <c>exact</c> refuses the line, <c>round</c>
    /// takes the nearest, halves to even.
    /// </summary>
    public string Decimals { get; set; } = "exact";

    /// <summary>Column that says yes, true or 1 for a gift; empty: no gifts.</summary>
    public string Gift { get; set; } = "";
}

/// <summary>Which lines came back.</summary>
internal sealed record ImportReturns
{
    /// <summary>Column that tells.</summary>
    public required string Column { get; init; }

    /// <summary>What its value begins with.</summary>
    public required string Prefix { get; init; }

    /// <summary>As in <c>Order Returned</c>: <c>too_small … other</c>.</summary>
    public string Reason { get; set; } = "other";
}

/// <summary>How products met become products of the catalogue.</summary>
internal sealed record ImportCatalogue
{
    /// <summary>Column with the title; the id where it is empty.</summary>
    public required string Title { get; init; }

    /// <summary>ISO 4217 currency of the prices.</summary>
    public required string Currency { get; init; }

    /// <summary>Category for all of them; empty: the item's, or none.</summary>
    public string Category { get; set; } = "";

    /// <summary>Whether the shop sells them now; if not they teach models and are never offered.</summary>
    public bool Sold { get; set; } = true;
}

/// <summary>Lines to leave out: all whose column holds one of these.</summary>
internal sealed record ImportSkip
{
    /// <summary>Column.</summary>
    public required string Column { get; init; }

    /// <summary>Exactly one of these, without regard to case.</summary>
    public required IReadOnlyList<string> Values { get; init; }
}

/// <summary>The mapping as JSON: camel case, unknown and double members refused.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(ImportMapping))]
internal sealed partial class ImportMappingJson : JsonSerializerContext;
