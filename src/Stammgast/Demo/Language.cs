using System.Globalization;

namespace Stammgast.Demo;

/// <summary>German or English; each text stands in both beside each other, where it is used.</summary>
internal readonly record struct Language(bool English)
{
    /// <summary>BCP 47, for <c>lang</c>.</summary>
    public string Tag => English ? "en" : "de";

    /// <summary>BCP 47 with the country, for the platform.</summary>
    public string Locale => English ? "en-GB" : "de-DE";

    /// <summary>The text in this language.</summary>
    public string this[string german, string english] => English ? english : german;

    /// <summary>Euros as this language writes them.</summary>
    public string Price(long minor)
    {
        var text = (minor / 100m).ToString("0.00", CultureInfo.InvariantCulture);
        return English ? $"€{text}" : $"{text.Replace('.', ',')} €";
    }

    /// <summary>A whole number with its thousands apart.</summary>
    public string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture)
        .Replace(',', English ? ',' : '.');

    /// <summary>What the address, then the cookie, then the browser asks for; else German.</summary>
    public static Language Of(HttpRequest request)
    {
        var asked = request.Query["lang"].FirstOrDefault() ?? request.Cookies["lang"];
        if (asked is "de" or "en")
            return new(asked == "en");
        foreach (var range in request.GetTypedHeaders().AcceptLanguage.OrderByDescending(Weight))
        {
            var tag = range.Value.Value ?? "";
            if (tag.StartsWith("de", StringComparison.OrdinalIgnoreCase))
                return new(English: false);
            if (tag.StartsWith("en", StringComparison.OrdinalIgnoreCase))
                return new(English: true);
        }
        return new(English: false);
    }

    private static double Weight(Microsoft.Net.Http.Headers.StringWithQualityHeaderValue range) =>
        range.Quality ?? 1;
}
