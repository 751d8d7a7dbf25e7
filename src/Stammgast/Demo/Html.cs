using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Stammgast.Demo;

/// <summary>Finished markup. Made by <see cref="Of"/> only, so that every hole was encoded.</summary>
internal readonly record struct Html(string Text)
{
    /// <summary>No markup at all.</summary>
    public static readonly Html None = new("");

    /// <summary>Markup whose holes are encoded, unless they are markup themselves.</summary>
    public static Html Of(Markup markup) => new(markup.Take());

    /// <summary>Markup if a condition holds.</summary>
    public static Html If(bool condition, Func<Html> then) => condition ? then() : None;

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Collects an interpolated string as HTML; safe in text and in quoted attributes.</summary>
[InterpolatedStringHandler]
internal readonly ref struct Markup(int literal, int holes)
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private readonly StringBuilder _text = new(literal + holes * 16);

    /// <summary>What the page's author wrote.</summary>
    public void AppendLiteral(string text) => _text.Append(text);

    /// <summary>A value, encoded.</summary>
    public void AppendFormatted(string? value) => _text.Append(Encoder.Encode(value ?? ""));

    /// <summary>A number.</summary>
    public void AppendFormatted(long value) => _text.Append(value);

    /// <summary>Finished markup, as it is.</summary>
    public void AppendFormatted(Html value) => _text.Append(value.Text);

    /// <summary>Finished pieces, one after the other.</summary>
    public void AppendFormatted(IEnumerable<Html> values)
    {
        foreach (var value in values)
            _text.Append(value.Text);
    }

    /// <summary>The whole.</summary>
    public string Take() => _text.ToString();
}
