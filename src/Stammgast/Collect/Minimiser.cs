using System.Text.Json;

namespace Stammgast.Collect;

/// <summary>
/// Writes what is kept of a payload, by splicing slices as they were sent: <c>properties</c>,
/// <c>traits</c>, and of <c>context</c> only <c>page{path,title,referrer}</c>, <c>campaign</c>,
/// <c>locale</c>, <c>timezone</c>, <c>library{name}</c> and <c>messaging_subscriptions</c>. Of
/// addresses the query goes (it carries tokens and names), of referrers all but the host. IP
/// address, user agent, device and everything unknown are never written.
/// </summary>
internal static class Minimiser
{
    /// <summary>What the punctuation and names of ours need at most, bytes.</summary>
    public const int Overhead = 256;

    private const int ReferrerBytes = 2048;

    /// <summary>
    /// Writes the body into a target of at least the event's bytes, the shared context's bytes and
    /// <see cref="Overhead"/>. Answers the bytes written: 0 if nothing is kept.
    /// </summary>
    /// <param name="tape">The request.</param>
    /// <param name="e">The event's members.</param>
    /// <param name="shared">
    /// The batch's own context, or −1: its members hold where the event's lack.
    /// </param>
    /// <param name="page">Whether <c>properties</c> repeat the page's address.</param>
    /// <param name="target">Where to.</param>
    public static int Write(
        JsonTape tape, in EventSlots e, int shared, bool page, Span<byte> target)
    {
        var to = new Splice(target);
        to.Raw("{"u8);
        if (e.Properties >= 0 && !page)
            to.Member("properties"u8, tape.Json(e.Properties));
        else if (e.Properties >= 0)
            WritePageProperties(tape, e.Properties, ref to);
        if (e.Traits >= 0)
            to.Member("traits"u8, tape.Json(e.Traits));
        WriteContext(tape, e.Context, shared, ref to);
        if (to.Length == 1)
            return 0;
        to.Raw("}"u8);
        return to.Length;
    }

    private static void WriteContext(JsonTape tape, int own, int shared, ref Splice to)
    {
        var before = to.Length;
        to.Open("context"u8);
        var empty = to.Length;
        var page = Pick(tape, own, shared, "page"u8);
        if (page >= 0)
            WritePage(tape, page, ref to);
        Copy(tape, Pick(tape, own, shared, "campaign"u8), "campaign"u8, ref to);
        Copy(tape, Pick(tape, own, shared, "locale"u8), "locale"u8, ref to);
        Copy(tape, Pick(tape, own, shared, "timezone"u8), "timezone"u8, ref to);
        var library = tape.Find(Pick(tape, own, shared, "library"u8), "name"u8);
        if (library >= 0 && tape[library].Kind == JsonTokenType.String)
        {
            to.Open("library"u8);
            to.Member("name"u8, tape.Json(library));
            to.Raw("}"u8);
        }
        Copy(tape, Pick(tape, own, shared, "messaging_subscriptions"u8),
            "messaging_subscriptions"u8, ref to);
        if (to.Length == empty)
            to.Length = before;
        else
            to.Raw("}"u8);
    }

    private static void WritePage(JsonTape tape, int page, ref Splice to)
    {
        var before = to.Length;
        to.Open("page"u8);
        var empty = to.Length;
        WritePath(tape, tape.Find(page, "path"u8), ref to);
        Copy(tape, tape.Find(page, "title"u8), "title"u8, ref to);
        WriteHost(tape, tape.Find(page, "referrer"u8), ref to);
        if (to.Length == empty)
            to.Length = before;
        else
            to.Raw("}"u8);
    }

    private static void WritePageProperties(JsonTape tape, int properties, ref Splice to)
    {
        to.Open("properties"u8);
        var end = tape[properties].Next;
        for (var name = properties + 1; name < end; name = tape[name + 1].Next)
        {
            if (tape.NameIs(name, "url"u8) || tape.NameIs(name, "search"u8))
                continue;
            if (tape.NameIs(name, "referrer"u8))
                WriteHost(tape, name + 1, ref to);
            else if (tape.NameIs(name, "path"u8))
                WritePath(tape, name + 1, ref to);
            else
                to.Raw(tape.Json(name), tape.Json(name + 1));
        }
        to.Raw("}"u8);
    }

    private static void WritePath(JsonTape tape, int path, ref Splice to)
    {
        if (path < 0 || tape[path].Kind != JsonTokenType.String)
            return;
        var raw = tape.Raw(path);
        var query = raw.IndexOfAny((byte)'?', (byte)'#');
        to.Text("path"u8, query < 0 ? raw : raw[..query]);
    }

    private static void WriteHost(JsonTape tape, int referrer, ref Splice to)
    {
        if (referrer < 0 || tape[referrer].Kind != JsonTokenType.String
            || tape[referrer].Length > ReferrerBytes)
            return;
        Span<byte> plain = stackalloc byte[ReferrerBytes];
        var host = HostOf(plain[..JsonText.Unescape(tape.Raw(referrer), plain)]);
        if (!host.IsEmpty)
            to.Text("referrer"u8, host);
    }

    private static ReadOnlySpan<byte> HostOf(ReadOnlySpan<byte> address)
    {
        var start = address.IndexOf("://"u8);
        if (start < 0)
            return [];
        address = address[(start + 3)..];
        var end = address.IndexOfAny("/?#"u8);
        address = end < 0 ? address : address[..end];
        address = address[(address.LastIndexOf((byte)'@') + 1)..];
        var port = address.IndexOf((byte)':');
        address = port < 0 ? address : address[..port];
        foreach (var letter in address)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter is not ((byte)'.' or (byte)'-'))
                return [];
        }
        return address;
    }

    private static int Pick(JsonTape tape, int own, int shared, ReadOnlySpan<byte> name)
    {
        var found = tape.Find(own, name);
        return found >= 0 ? found : tape.Find(shared, name);
    }

    private static void Copy(JsonTape tape, int token, ReadOnlySpan<byte> name, ref Splice to)
    {
        if (token >= 0 && tape[token].Kind != JsonTokenType.Null)
            to.Member(name, tape.Json(token));
    }

    private ref struct Splice(Span<byte> target)
    {
        private readonly Span<byte> _target = target;

        public int Length { get; set; }

        public void Raw(scoped ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_target[Length..]);
            Length += bytes.Length;
        }

        // A quoted name and a value, as sent.
        public void Raw(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
        {
            Comma();
            Raw(name);
            Raw(":"u8);
            Raw(value);
        }

        public void Member(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
        {
            Name(name);
            Raw(value);
        }

        public void Text(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> content)
        {
            Name(name);
            Raw("\""u8);
            Raw(content);
            Raw("\""u8);
        }

        public void Open(scoped ReadOnlySpan<byte> name)
        {
            Name(name);
            Raw("{"u8);
        }

        private void Name(scoped ReadOnlySpan<byte> name)
        {
            Comma();
            Raw("\""u8);
            Raw(name);
            Raw("\":"u8);
        }

        private void Comma()
        {
            if (_target[Length - 1] != '{')
                Raw(","u8);
        }
    }
}
