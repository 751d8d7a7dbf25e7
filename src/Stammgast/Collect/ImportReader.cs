using System.Buffers.Binary;
using System.Globalization;
using Stammgast.Catalogue;
using Stammgast.Keys;

namespace Stammgast.Collect;

/// <summary>
/// Turns lines into judged events. Pure: the same file, mapping and rules give the same events with
/// the same message keys, so that an import that is run again counts nothing twice. O(lines).
/// </summary>
internal sealed class ImportReader
{
    // An invoice of a wholesaler may be long; beyond this it becomes several events.
    private const int MaxItems = 2_000;
    private const int MaxQuantity = 1_000_000;

    private readonly ImportMapping mapping;
    private readonly ImportRules rules;
    private readonly ImportCells cells;
    private readonly Dictionary<string, Identifier?> anchors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LeafId> leaves = new(StringComparer.Ordinal);
    private readonly Dictionary<EventKind, GateVerdict> verdicts = [];
    private readonly Dictionary<string, Met> products = new(StringComparer.Ordinal);
    private readonly List<EventItem> items = [];
    private readonly Dictionary<(string, string), int> places = [];

    /// <summary>Prepares; see <see cref="Problem"/> for mappings that cannot be used.</summary>
    public ImportReader(ImportMapping mapping, ImportRules rules)
    {
        (this.mapping, this.rules) = (mapping, rules);
        cells = new ImportCells(mapping, mapping.Catalogue?.Currency ?? rules.Currency,
            rules.ShiftMs, rules.ReceivedAtMs);
    }

    /// <summary>Lines left out as the mapping says.</summary>
    public long Skipped { get; private set; }

    /// <summary>Different products that the catalogue lacked.</summary>
    public int Products => products.Count;

    /// <summary>What is wrong with a mapping for a file, or null.</summary>
    public static string? Problem(ImportMapping mapping, ImportRows rows)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(mapping.Time.Zone, out _))
            return $"time.zone: no such zone as {mapping.Time.Zone}.";
        if (TypeOf(mapping.Anchor.Type) is null)
            return $"anchor.type: no such type as {mapping.Anchor.Type}.";
        if (mapping.Anchor.Missing is not ("reject" or "skip"))
            return "anchor.missing: reject or skip.";
        if (mapping.Item is { Decimals: not ("exact" or "round") })
            return "item.decimals: exact or round.";
        if (mapping.Event.Name.Length == 0 == (mapping.Event.NameColumn.Length == 0))
            return "event: either name or nameColumn.";
        if (mapping.Catalogue is { } catalogue && !Money.IsCurrency(catalogue.Currency))
            return "catalogue.currency: three capital letters.";
        string?[] columns =
        [
            mapping.GroupBy, mapping.Time.Column, mapping.Anchor.Column, mapping.Event.NameColumn,
            mapping.Event.OrderId, mapping.Item?.ProductId, mapping.Item?.VariantId,
            mapping.Item?.Category, mapping.Item?.Quantity, mapping.Item?.Price, mapping.Item?.Gift,
            mapping.Returns?.Column, mapping.Catalogue?.Title, .. mapping.Skip.Select(skip => skip.Column),
        ];
        var missing = columns.FirstOrDefault(name => !string.IsNullOrEmpty(name) && !rows.Has(name));
        return missing is null ? null : $"The file has no column {missing}.";
    }

    /// <summary>
    /// Reads all lines, group by group. Products met wait in <see cref="TakeProducts"/>.
    /// </summary>
    public IEnumerable<ImportGroup> Read(ImportRows rows)
    {
        var group = new ImportGroup();
        Head? open = null;
        while (rows.Next())
        {
            var line = rows.Line;
            if (!TryLine(rows, group, out var head, out var item))
            {
                if (open is null)
                {
                    group.LastLine = line;
                    yield return group;
                    group = new ImportGroup();
                }
                continue;
            }
            if (open is not null && (!open.Continues(head) || items.Count >= MaxItems))
            {
                // What was refused in between belongs to what is done with this group.
                Close(open, group, line - 1);
                yield return group;
                group = new ImportGroup();
                open = null;
            }
            open ??= head;
            if (item is { } bought)
                Put(bought);
        }
        if (open is not null)
        {
            Close(open, group, rows.Line);
            yield return group;
        }
    }

    /// <summary>
    /// Products met since the last call that the catalogue lacks; at the end also those whose price
    /// moved since they were taken: prices move with every other line.
    /// </summary>
    public List<Product> TakeProducts(bool atEnd)
    {
        var taken = new List<Product>();
        foreach (var met in products.Values)
        {
            if (met.IsNew || (atEnd && met.IsStale))
                taken.Add(met.Product);
            met.IsNew = false;
        }
        return taken;
    }

    private bool TryLine(ImportRows rows, ImportGroup group, out Head head, out EventItem? item)
    {
        (head, item) = (default!, null);
        if (rows.Broken is { } broken)
            return Refuse(group, rows.Line, broken, "The line is no JSON object.");
        foreach (var skip in mapping.Skip)
        {
            if (skip.Values.Contains(rows[skip.Column], StringComparer.OrdinalIgnoreCase))
            {
                Skipped++;
                return false;
            }
        }
        if (!cells.TryTime(rows, out var atMs))
            return Refuse(group, rows.Line, "time", "The time does not read in the mapping's format.");
        var isReturn = mapping.Returns is { } returns
            && rows[returns.Column].StartsWith(returns.Prefix, StringComparison.Ordinal);
        if (mapping.Item is { } columns && !TryItem(rows, columns, isReturn, group, out item))
            return false;
        return TryHead(rows, group, atMs, isReturn, out head);
    }

    private bool TryHead(
        ImportRows rows, ImportGroup group, long atMs, bool isReturn, out Head head)
    {
        head = default!;
        var raw = rows[mapping.Anchor.Column];
        if (raw.Length == 0)
        {
            if (mapping.Anchor.Missing == "reject")
                return Refuse(group, rows.Line, "no_anchor", "The line belongs to nobody.");
            Skipped++;
            return false;
        }
        if (Anchor(raw) is not { } anchor)
            return Refuse(group, rows.Line, "anchor", "The identifier has no valid form of its type.");
        var name = isReturn ? "Order Returned"
            : mapping.Event.Name.Length > 0 ? mapping.Event.Name : rows[mapping.Event.NameColumn];
        if (name.Length is 0 or > Limits.NameChars || name.Any(char.IsControl))
            return Refuse(group, rows.Line, "name", "The event's name is missing or too long.");
        var order = mapping.Event.OrderId.Length > 0 ? rows[mapping.Event.OrderId] : "";
        if (order.Length > Limits.ItemIdChars || order.Any(char.IsControl))
            return Refuse(group, rows.Line, "order_id", "The order's id is too long or has control characters.");
        var key = mapping.GroupBy.Length > 0 ? rows[mapping.GroupBy] : null;
        head = new Head(rows.Line, key, anchor, name, order, atMs);
        return true;
    }

    private bool TryItem(
        ImportRows rows, ImportItem columns, bool isReturn, ImportGroup group, out EventItem? item)
    {
        item = null;
        var id = rows[columns.ProductId];
        if (id.Length is 0 or > Limits.ItemIdChars || id.Any(char.IsControl))
            return Refuse(group, rows.Line, "product_id", "The product's id is missing or too long.");
        var pieces = 1;
        if (columns.Quantity.Length > 0
            && !int.TryParse(rows[columns.Quantity], NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out pieces))
            return Refuse(group, rows.Line, "quantity", "The quantity is no whole number.");
        if (pieces == 0 || Math.Abs((long)pieces) > MaxQuantity || (pieces < 0 && !isReturn))
            return Refuse(group, rows.Line, "quantity", "The quantity is zero, negative or too large.");
        long price = 0;
        if (columns.Price.Length > 0 && !cells.TryPrice(rows[columns.Price], out price))
            return Refuse(group, rows.Line, "price", "The price does not fit the currency.");
        var variant = columns.VariantId.Length > 0 ? rows[columns.VariantId] : "";
        if (variant.Length > Limits.ItemIdChars || variant.Any(char.IsControl))
            return Refuse(group, rows.Line, "variant_id", "The variant's id is too long.");
        var category = columns.Category.Length > 0 ? CategoryKey.Normalise(rows[columns.Category]) : "";
        Meet(rows, id, category, price);
        var known = rules.LookUp(id, variant, out var facts);
        item = new EventItem(
            known ? facts.ProductId : id, known && facts.VariantId.Length > 0 ? facts.VariantId : variant,
            known && facts.Category.Length > 0 ? facts.Category : category, Math.Abs(pieces),
            columns.Price.Length > 0 ? price : facts.PriceMinor,
            columns.Gift.Length > 0 && rows[columns.Gift].ToLowerInvariant() is "1" or "yes" or "true" or "ja",
            known && facts.Sensitive);
        return true;
    }

    private void Meet(ImportRows rows, string id, string category, long priceMinor)
    {
        if (mapping.Catalogue is not { } how)
            return;
        var title = rows[how.Title];
        var titled = title.Length is > 0 and <= 300 && !title.Any(char.IsControl);
        if (products.TryGetValue(id, out var met))
        {
            var named = titled && met.Product.Title == id;
            if (!named && (priceMinor == 0 || met.Product.PriceMinor == priceMinor))
                return;
            met.IsNew |= named || met.Product.PriceMinor == 0;
            met.IsStale = true;
            met.Product = met.Product with
            {
                Title = named ? title : met.Product.Title,
                PriceMinor = priceMinor > 0 ? priceMinor : met.Product.PriceMinor,
            };
            return;
        }
        // What the catalogue had before this import is not ours to change.
        if (rules.LookUp(id, "", out _))
            return;
        products.Add(id, new Met(new Product
        {
            Id = id,
            Title = titled ? title : id,
            Category = how.Category.Length > 0 ? CategoryKey.Normalise(how.Category) : category,
            PriceMinor = priceMinor,
            Currency = how.Currency,
            Variants = [new Variant { Id = id }],
            UpdatedAtMs = rules.ReceivedAtMs,
            Active = how.Sold,
        }));
    }

    private Identifier? Anchor(string raw)
    {
        if (anchors.TryGetValue(raw, out var known))
            return known;
        var text = mapping.Anchor.Strip.Length > 0
            && raw.EndsWith(mapping.Anchor.Strip, StringComparison.Ordinal)
                ? raw[..^mapping.Anchor.Strip.Length] : raw;
        var type = TypeOf(mapping.Anchor.Type)!.Value;
        var id = Normaliser.TryNormalise(type, text, out var value)
            ? new Identifier(type, value) : (Identifier?)null;
        anchors.Add(raw, id);
        return id;
    }

    // A line a product stands on twice is one item; prices may differ, so the total stays exact.
    private void Put(in EventItem item)
    {
        var key = (item.ProductId, item.VariantId);
        if (places.TryGetValue(key, out var place) && items[place].PriceMinor == item.PriceMinor
            && items[place].Gift == item.Gift && items[place].Quantity + item.Quantity <= MaxQuantity)
        {
            items[place] = items[place] with { Quantity = items[place].Quantity + item.Quantity };
            return;
        }
        places[key] = items.Count;
        items.Add(item);
    }

    private void Close(Head head, ImportGroup group, long lastLine)
    {
        group.LastLine = lastLine;
        var kind = KindOf(head.Name);
        if (!verdicts.TryGetValue(kind, out var verdict))
            verdicts.Add(kind, verdict = rules.Judge(rules.Source, StampInput.Absent, kind));
        if (verdict.Keep)
            group.Event = Make(head, kind, verdict);
        else
            Refuse(group, head.Line, verdict.RefusalCode ?? "refused", "Its source may not keep it.");
        if (group.Event is not null && rules.Adjust is { } adjust)
            group.Event = adjust(group.Event);
        items.Clear();
        places.Clear();
    }

    private Event Make(Head head, EventKind kind, in GateVerdict verdict)
    {
        if (!leaves.TryGetValue(head.Anchor.Value, out var leaf))
            leaves.Add(head.Anchor.Value, leaf = rules.Index.Leaf(head.Anchor));
        Span<byte> message = stackalloc byte[16 + 8];
        rules.FileHash.Span[..16].CopyTo(message);
        BinaryPrimitives.WriteInt64LittleEndian(message[16..], head.Line);
        long total = 0;
        foreach (var item in items)
            total = Math.Min(Money.MaxMinor, total + item.PriceMinor * item.Quantity);
        return new Event
        {
            Leaf = leaf,
            Message = rules.Index.Message(rules.Source.Id, leaf, message),
            Source = rules.Source.Id,
            Type = EventType.Track,
            Kind = kind,
            Name = head.Name,
            AtMs = head.AtMs,
            ReceivedAtMs = rules.ReceivedAtMs,
            Allowed = verdict.Allowed,
            Ceiling = rules.Source.Ceiling,
            OfRecord = rules.Source.OfRecord,
            Identifiers = [head.Anchor],
            Items = [.. items],
            OrderId = head.OrderId,
            TotalMinor = kind is EventKind.OrderCompleted ? total : 0,
            Reason = kind == EventKind.OrderReturned ? ReasonOf() : ReturnReason.None,
            Stamp = verdict.Stamp,
        };
    }

    private ReturnReason ReasonOf() => mapping.Returns?.Reason switch
    {
        "too_small" => ReturnReason.TooSmall,
        "too_large" => ReturnReason.TooLarge,
        "dislike" => ReturnReason.Dislike,
        "defect" => ReturnReason.Defect,
        "late" => ReturnReason.Late,
        "wrong" => ReturnReason.Wrong,
        _ => ReturnReason.Other,
    };

    private static EventKind KindOf(string name) => EventKinds.Of(EventType.Track, name);

    private static bool Refuse(ImportGroup group, long line, string code, string detail)
    {
        group.Rejects.Add(new ImportReject(line, code, detail));
        return false;
    }

    private static IdentifierType? TypeOf(string name) => name switch
    {
        "user_id" => IdentifierType.UserId,
        "loyalty_card" => IdentifierType.LoyaltyCard,
        "email" => IdentifierType.Email,
        "phone" => IdentifierType.Phone,
        "anonymous_id" => IdentifierType.AnonymousId,
        _ => null,
    };

    private sealed class Met(Product product)
    {
        public Product Product { get; set; } = product;

        public bool IsNew { get; set; } = true;

        public bool IsStale { get; set; }
    }

    private sealed record Head(
        long Line, string? Key, Identifier Anchor, string Name, string OrderId, long AtMs)
    {
        // Lines of one invoice may be minutes apart: the first one's instant stands.
        public bool Continues(Head next) =>
            Key is not null && Key == next.Key && Anchor == next.Anchor && Name == next.Name;
    }
}
