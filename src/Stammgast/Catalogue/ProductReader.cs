using System.Text.Json;

namespace Stammgast.Catalogue;

/// <summary>
/// Reads products from JSON: an array, an object with the member <c>products</c>, one product, or
/// one product a line (NDJSON). Unknown and duplicate members are refused. Pure; O(bytes).
/// </summary>
public static class ProductReader
{
    private static readonly JsonDocumentOptions Strict = new()
    {
        MaxDepth = Limits.JsonDepth,
        AllowDuplicateProperties = false,
    };

    /// <summary>A JSON body with any number of products.</summary>
    public static ParsedProducts ReadJson(ReadOnlyMemory<byte> body, long nowMs)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body, Strict);
        }
        catch (JsonException malformed)
        {
            return new([], []) { Unreadable = Where(malformed) };
        }
        using (document)
        {
            var list = document.RootElement;
            if (list.ValueKind == JsonValueKind.Object && list.TryGetProperty("products", out var inner))
                list = inner;
            var batch = new ProductBatch(nowMs);
            if (list.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in list.EnumerateArray())
                    batch.Take(Draft(item, batch.NextIndex));
            }
            else
            {
                batch.Take(Draft(list, batch.NextIndex));
            }
            return batch.Done();
        }
    }

    /// <summary>One product a line; blank lines are skipped. A broken line is that item's fault.</summary>
    public static ParsedProducts ReadNdjson(ReadOnlyMemory<byte> body, long nowMs)
    {
        var batch = new ProductBatch(nowMs);
        while (body.Length > 0)
        {
            var end = body.Span.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            if (line.Span.Trim(" \t\r"u8).Length > 0)
                batch.Take(DraftLine(line, batch.NextIndex));
        }
        return batch.Done();
    }

    /// <summary>
    /// A product as <see cref="ProductWriter"/> wrote it; null if the bytes are none.
    /// </summary>
    public static Product? ReadStored(ReadOnlyMemory<byte> body)
    {
        var draft = DraftLine(body, 0);
        return ProductRules.Judge(draft, draft.UpdatedAtMs);
    }

    private static ProductDraft DraftLine(ReadOnlyMemory<byte> line, int index)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            return Draft(document.RootElement, index);
        }
        catch (JsonException malformed)
        {
            var draft = new ProductDraft(index);
            draft.Fault("", "malformed", Where(malformed));
            return draft;
        }
    }

    private static ProductDraft Draft(JsonElement item, int index)
    {
        var draft = new ProductDraft(index);
        if (item.ValueKind != JsonValueKind.Object)
        {
            draft.Fault("", "wrong_type", "A product is an object.");
            return draft;
        }
        string? price = null, listPrice = null;
        foreach (var member in item.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "id": draft.Id = Text(draft, "/id", value); break;
                case "title": Title(draft, value); break;
                case "titleEn": draft.TitleEn = Optional(draft, "/titleEn", value); break;
                case "brand": draft.Brand = Text(draft, "/brand", value); break;
                case "category": draft.Category = Text(draft, "/category", value); break;
                case "priceMinor": draft.PriceMinor = Number(draft, "/priceMinor", value); break;
                case "price": price = Decimal(draft, "/price", value); break;
                case "currency": draft.Currency = Text(draft, "/currency", value); break;
                case "listPriceMinor":
                    draft.ListPriceMinor = Number(draft, "/listPriceMinor", value); break;
                case "listPrice": listPrice = Decimal(draft, "/listPrice", value); break;
                case "imageUrl": draft.ImageUrl = Text(draft, "/imageUrl", value); break;
                case "link": draft.Link = Text(draft, "/link", value); break;
                case "sensitive": draft.Sensitive = Flag(draft, "/sensitive", value, false); break;
                case "replenishDays":
                    draft.ReplenishDays = Number(draft, "/replenishDays", value); break;
                case "active": draft.Active = Flag(draft, "/active", value, true); break;
                case "sizeChart": Chart(draft, value); break;
                case "variants": Variants(draft, value); break;
                case "updatedAtMs":
                    draft.UpdatedAtMs = Number(draft, "/updatedAtMs", value) ?? 0; break;
                default: Unknown(draft, "/" + member.Name); break;
            }
        }
        Prices(draft, price, listPrice);
        return draft;
    }

    private static void Prices(ProductDraft draft, string? price, string? listPrice)
    {
        if (price is not null)
        {
            if (draft.PriceMinor is not null)
                draft.Fault("/price", "contradiction", "Either price or priceMinor.");
            else if (Money.TryParse(price, draft.Currency, out var minor, out var currency))
                (draft.PriceMinor, draft.Currency) = (minor, currency);
            else
                draft.Fault("/price", "malformed", "A price is such as 59.95 EUR.");
        }
        if (listPrice is null)
            return;
        if (Money.TryParse(listPrice, draft.Currency, out var list, out var same)
            && same == draft.Currency)
            draft.ListPriceMinor = list;
        else
            draft.Fault("/listPrice", "malformed", "A price in the product's currency is needed.");
    }

    private static void Title(ProductDraft draft, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            draft.Title = Text(draft, "/title", value);
            return;
        }
        foreach (var member in value.EnumerateObject())
        {
            if (member.Name == "en")
                draft.TitleEn = Text(draft, "/title/en", member.Value);
            else if (member.Name == "de")
                draft.Title = Text(draft, "/title/de", member.Value);
            else
                Unknown(draft, "/title/" + member.Name);
        }
        if (draft.Title.Length == 0)
            (draft.Title, draft.TitleEn) = (draft.TitleEn ?? "", null);
    }

    private static void Variants(ProductDraft draft, JsonElement value)
    {
        if (!Is(draft, "/variants", value, JsonValueKind.Array))
            return;
        foreach (var item in value.EnumerateArray())
        {
            var at = $"/variants/{draft.Variants.Count}";
            var variant = new VariantDraft();
            draft.Variants.Add(variant);
            if (!Is(draft, at, item, JsonValueKind.Object))
                continue;
            foreach (var member in item.EnumerateObject())
            {
                var field = $"{at}/{member.Name}";
                switch (member.Name)
                {
                    case "id": variant.Id = Text(draft, field, member.Value); break;
                    case "size": variant.Size = Text(draft, field, member.Value); break;
                    case "colour" or "color": variant.Colour = Text(draft, field, member.Value); break;
                    case "gtin": variant.Gtin = Text(draft, field, member.Value); break;
                    case "stock": variant.Stock = Number(draft, field, member.Value); break;
                    case "priceMinor": variant.PriceMinor = Number(draft, field, member.Value); break;
                    default: Unknown(draft, field); break;
                }
            }
        }
    }

    private static void Chart(ProductDraft draft, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null
            || !Is(draft, "/sizeChart", value, JsonValueKind.Object))
            return;
        foreach (var size in value.EnumerateObject())
        {
            var at = "/sizeChart/" + size.Name;
            var measures = new List<(string, long, long)>();
            if (!Is(draft, at, size.Value, JsonValueKind.Object))
                continue;
            foreach (var measure in size.Value.EnumerateObject())
            {
                var range = measure.Value;
                if (range.ValueKind == JsonValueKind.Array && range.GetArrayLength() == 2
                    && range[0].ValueKind == JsonValueKind.Number && range[0].TryGetInt64(out var min)
                    && range[1].ValueKind == JsonValueKind.Number && range[1].TryGetInt64(out var max))
                    measures.Add((measure.Name, min, max));
                else
                    draft.Fault($"{at}/{measure.Name}", "wrong_type",
                        "Two whole millimetres, smallest first, are needed.");
            }
            draft.Sizes.Add((size.Name, measures));
        }
    }

    private static string Text(ProductDraft draft, string at, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return "";
        return Is(draft, at, value, JsonValueKind.String) ? value.GetString()! : "";
    }

    private static string? Optional(ProductDraft draft, string at, JsonElement value) =>
        Text(draft, at, value) is { Length: > 0 } text ? text : null;

    private static long? Number(ProductDraft draft, string at, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number))
            return number;
        draft.Fault(at, "wrong_type", "A whole number is needed.");
        return null;
    }

    // A decimal number's own digits: going through binary floating point would lose cents.
    private static string? Decimal(ProductDraft draft, string at, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
            return value.GetRawText();
        return value.ValueKind == JsonValueKind.Null || !Is(draft, at, value, JsonValueKind.String)
            ? null : value.GetString();
    }

    private static bool Flag(ProductDraft draft, string at, JsonElement value, bool absent)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        if (value.ValueKind != JsonValueKind.Null)
            draft.Fault(at, "wrong_type", "True or false is needed.");
        return absent;
    }

    private static bool Is(ProductDraft draft, string at, JsonElement value, JsonValueKind kind)
    {
        if (value.ValueKind == kind)
            return true;
        draft.Fault(at, "wrong_type", $"{kind} is needed, not {value.ValueKind}.");
        return false;
    }

    private static void Unknown(ProductDraft draft, string at) =>
        draft.Fault(at, "unknown_member", "No such member; a typing mistake?");

    private static string Where(JsonException malformed) =>
        $"Not JSON at line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine}.";
}
