namespace Stammgast;

/// <summary>Every bound of the wire and of the line, in one place; units last.</summary>
public static class Limits
{
    /// <summary>One event as sent; Segment's own limit.</summary>
    public const int EventBytes = 32 * 1024;

    /// <summary>One batch as sent, after decompression; Segment's own limit.</summary>
    public const int BatchBytes = 500 * 1024;

    /// <summary>Events in one batch; Segment's own limit.</summary>
    public const int BatchEvents = 2_500;

    /// <summary>Nesting of JSON: deeper payloads have no use here and cost stack.</summary>
    public const int JsonDepth = 32;

    /// <summary>Members of one JSON object: bounds the search for duplicates.</summary>
    public const int ObjectMembers = 1_024;

    /// <summary>A JSON member's name, as sent.</summary>
    public const int NameBytes = 256;

    /// <summary>A messageId's length; Segment's own limit.</summary>
    public const int MessageIdChars = 100;

    /// <summary>An identifier's length after normalisation.</summary>
    public const int IdentifierChars = 256;

    /// <summary>A product, variant, order or category id's length.</summary>
    public const int ItemIdChars = 128;

    /// <summary>An event's or page's name.</summary>
    public const int NameChars = 256;

    /// <summary>Products in one event.</summary>
    public const int EventItems = 200;

    /// <summary>How long a messageId is remembered; older events only through import.</summary>
    public const int DedupeDays = 35;

    /// <summary>Events in one history piece.</summary>
    public const int PieceEvents = 64;

    /// <summary>Bytes in one history piece before it is sealed.</summary>
    public const int PieceBytes = 8 * 1024;

    /// <summary>Ordering buckets, for ever.</summary>
    public const int Buckets = 256;
}
