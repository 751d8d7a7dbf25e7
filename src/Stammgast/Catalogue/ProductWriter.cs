using System.Buffers;
using System.Text.Json;

namespace Stammgast.Catalogue;

/// <summary>
/// Products as JSON, for the wire and for the store alike: what is written reads back equal
/// (see <see cref="ProductReader"/>). Absent members are left out.
/// </summary>
public static class ProductWriter
{
    /// <summary>One product as UTF-8 JSON.</summary>
    public static byte[] Write(Product product)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
            Write(json, product);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes one product as an object.</summary>
    public static void Write(Utf8JsonWriter json, Product product)
    {
        json.WriteStartObject();
        json.WriteString("id", product.Id);
        json.WriteString("title", product.Title);
        Text(json, "titleEn", product.TitleEn);
        Text(json, "brand", product.Brand);
        Text(json, "category", product.Category);
        json.WriteNumber("priceMinor", product.PriceMinor);
        json.WriteString("currency", product.Currency);
        Number(json, "listPriceMinor", product.ListPriceMinor);
        Text(json, "imageUrl", product.ImageUrl);
        Text(json, "link", product.Link);
        if (product.Sensitive)
            json.WriteBoolean("sensitive", true);
        Number(json, "replenishDays", product.ReplenishDays);
        if (!product.Active)
            json.WriteBoolean("active", false);
        json.WriteNumber("updatedAtMs", product.UpdatedAtMs);
        if (product.SizeChart is { } chart)
            Chart(json, chart);
        json.WriteStartArray("variants");
        foreach (var variant in product.Variants)
        {
            json.WriteStartObject();
            json.WriteString("id", variant.Id);
            Text(json, "size", variant.Size);
            Text(json, "colour", variant.Colour);
            Text(json, "gtin", variant.Gtin);
            Number(json, "stock", variant.Stock);
            Number(json, "priceMinor", variant.PriceMinor);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Chart(Utf8JsonWriter json, SizeChart chart)
    {
        json.WriteStartObject("sizeChart");
        foreach (var row in chart.Sizes)
        {
            json.WriteStartObject(row.Size);
            foreach (var measure in row.Measures)
            {
                json.WriteStartArray(measure.Name);
                json.WriteNumberValue(measure.MinMm);
                json.WriteNumberValue(measure.MaxMm);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
            json.WriteString(name, text);
    }

    private static void Number(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } value)
            json.WriteNumber(name, value);
    }
}
