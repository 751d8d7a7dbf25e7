using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using Stammgast.Storage;

namespace Stammgast.Profiles;

/// <summary>A page of a person's past, as a purpose sees it.</summary>
/// <param name="Events">Newest receipt first.</param>
/// <param name="Withheld">How many in this page's stretch the purpose may not see.</param>
/// <param name="Next">Where the next page begins; null: this was the last.</param>
public sealed record TimelinePage(
    IReadOnlyList<Event> Events, int Withheld, TimelineCursor? Next);

/// <summary>
/// How far each leaf has been read: everything in pieces from a sequence on, and so many of the
/// piece before it, newest first. Opaque to callers; holds no more than they know.
/// </summary>
public sealed record TimelineCursor(IReadOnlyDictionary<LeafId, (long Before, int Skip)> Places)
{
    private const int PlaceBytes = 16 + 8 + 4;
    private const int MaxPlaces = 512;

    /// <summary>At the newest event of every leaf.</summary>
    public static TimelineCursor Newest { get; } =
        new(new Dictionary<LeafId, (long, int)>());

    /// <inheritdoc/>
    public override string ToString()
    {
        var bytes = new byte[Places.Count * PlaceBytes];
        var at = bytes.AsSpan();
        foreach (var (leaf, (before, skip)) in Places.OrderBy(place => place.Key))
        {
            leaf.Write(at);
            BinaryPrimitives.WriteInt64BigEndian(at[16..], before);
            BinaryPrimitives.WriteInt32BigEndian(at[24..], skip);
            at = at[PlaceBytes..];
        }
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads what <see cref="ToString"/> wrote; anything else is <c>false</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TimelineCursor? cursor)
    {
        cursor = null;
        if (text.Length > MaxPlaces * PlaceBytes * 2 || !Base64Url.IsValid(text))
            return false;
        ReadOnlySpan<byte> bytes = Base64Url.DecodeFromChars(text);
        if (bytes.Length % PlaceBytes != 0)
            return false;
        var places = new Dictionary<LeafId, (long, int)>();
        for (; !bytes.IsEmpty; bytes = bytes[PlaceBytes..])
        {
            var before = BinaryPrimitives.ReadInt64BigEndian(bytes[16..]);
            var skip = BinaryPrimitives.ReadInt32BigEndian(bytes[24..]);
            if (before < 1 || skip < 0)
                return false;
            places[LeafId.Read(bytes)] = (before, skip);
        }
        cursor = new TimelineCursor(places);
        return true;
    }
}

/// <summary>Reads a person's history through a view, a page at a time.</summary>
public sealed class TimelineWorker(IStore store, ProfileReaderWorker reader)
{
    // A page looks at so many events at most, shown or not: a page may be empty and yet not last.
    private const int MostLooked = 2_000;
    private const int PiecesAtOnce = 8;

    /// <summary>The next page after a cursor, at most so many events.</summary>
    public async ValueTask<TimelinePage> ReadAsync(ProfileView view, IEnumerable<LeafId> leaves,
        TimelineCursor from, int limit, CancellationToken cancel)
    {
        var lanes = new List<Lane>();
        foreach (var leaf in leaves)
        {
            var (before, skip) = from.Places.GetValueOrDefault(leaf, (long.MaxValue, 0));
            var lane = new Lane(leaf, before, skip);
            await FillAsync(lane, cancel);
            lanes.Add(lane);
        }
        var events = new List<Event>();
        int looked = 0, withheld = 0;
        while (events.Count < limit && looked < MostLooked && Newest(lanes) is { } next)
        {
            var e = next.Take();
            looked++;
            if (view.Shows(e))
                events.Add(e);
            else
                withheld++;
            await FillAsync(next, cancel);
        }
        var isLast = lanes.TrueForAll(lane => lane.Current is null);
        return new TimelinePage(events, withheld, isLast ? null : new TimelineCursor(
            lanes.ToDictionary(lane => lane.Leaf, lane => lane.Place)));
    }

    private async ValueTask FillAsync(Lane lane, CancellationToken cancel)
    {
        while (lane.NeedsPieces)
        {
            var pieces = await store.HistoryAsync(lane.Leaf, lane.Before, PiecesAtOnce, cancel);
            if (pieces.Count == 0)
                lane.End();
            foreach (var piece in pieces)
                lane.Add(piece.Sequence, reader.Open(piece));
        }
    }

    private static Lane? Newest(List<Lane> lanes) =>
        lanes.Where(lane => lane.Current is not null)
            .MaxBy(lane => (lane.Current?.ReceivedAtMs, lane.Leaf));

    /// <summary>One leaf's events, newest first, piece after piece.</summary>
    private sealed class Lane(LeafId leaf, long before, int skip)
    {
        private readonly Queue<(long Sequence, IReadOnlyList<Event> Events)> _pieces = [];
        private int _skip = skip;
        private bool _ended;

        public LeafId Leaf { get; } = leaf;

        /// <summary>Where the next load begins.</summary>
        public long Before { get; private set; } = before;

        /// <summary>Where a later page begins: before this sequence all is read.</summary>
        public (long Before, int Skip) Place => _pieces.TryPeek(out var piece)
            ? (piece.Sequence == long.MaxValue ? piece.Sequence : piece.Sequence + 1, _skip)
            : (Math.Max(1, Before), 0);

        public bool NeedsPieces
        {
            get
            {
                while (_pieces.TryPeek(out var piece) && _skip >= piece.Events.Count)
                {
                    _pieces.Dequeue();
                    _skip = 0;
                }
                return _pieces.Count == 0 && !_ended;
            }
        }

        public Event? Current =>
            _pieces.TryPeek(out var piece) && _skip < piece.Events.Count
                ? piece.Events[piece.Events.Count - 1 - _skip]
                : null;

        public void Add(long sequence, IReadOnlyList<Event> events)
        {
            _pieces.Enqueue((sequence, events));
            Before = sequence;
        }

        public void End() => _ended = true;

        public Event Take()
        {
            var current = Current ?? throw new InvalidOperationException("Nothing left to take.");
            _skip++;
            return current;
        }
    }
}
