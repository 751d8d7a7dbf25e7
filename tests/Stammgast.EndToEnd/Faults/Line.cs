using System.Globalization;

namespace Stammgast.EndToEnd.Faults;

/// <summary>What these tests send, as callers write it.</summary>
internal static class Line
{
    public const string Yes = """
        {"functional":true,"personalization":true,"advertising":true,"analytics":true}
        """;

    public const string No = """
        {"functional":false,"personalization":false,"advertising":false,"analytics":false}
        """;

    public static string Batch(params IEnumerable<string> events) =>
        $$"""{"batch":[{{string.Join(',', events)}}]}""";

    /// <summary>An order of a known user, with whole euros.</summary>
    public static string Order(
        string user, string messageId, string orderId, params (string Product, int Euros)[] lines)
    {
        var products = string.Join(',', lines.Select(line =>
            $$"""{"product_id":"{{line.Product}}","quantity":1,"price":{{Number(line.Euros)}}}"""));
        return $$$"""
            {"type":"track","messageId":"{{{messageId}}}","userId":"{{{user}}}","event":"Order Completed",
             "properties":{"order_id":"{{{orderId}}}","currency":"EUR",
               "total":{{{Number(lines.Sum(line => line.Euros))}}},"products":[{{{products}}}]},
             "context":{"consent":{"categoryPreferences":{{{Yes}}} } } }
            """;
    }

    /// <summary>A look at a product.</summary>
    public static string View(
        string idMember, string messageId, string product, string preferences = Yes) => $$$"""
        {"type":"track","messageId":"{{{messageId}}}",{{{idMember}}},"event":"Product Viewed",
         "properties":{"product_id":"{{{product}}}"},
         "context":{"consent":{"categoryPreferences":{{{preferences}}} } } }
        """;

    /// <summary>Some products, each in stock.</summary>
    public static string Products(int count) => "[" + string.Join(',', Enumerable.Range(1, count)
        .Select(n => $$"""
            {"id":"P-{{Number(n)}}","title":"Produkt {{Number(n)}}","category":"shoes.running",
             "priceMinor":{{Number(1000 + n)}},"currency":"EUR","link":"/p/{{Number(n)}}",
             "imageUrl":"/i/{{Number(n)}}.svg","variants":[{"id":"P-{{Number(n)}}-M","size":"M","stock":9}]}
            """)) + "]";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
