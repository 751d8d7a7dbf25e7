namespace Stammgast.Storage.Embedded;

/// <summary>
/// Memory for redo rows, in large pieces that are used again: at fifteen megabytes a second fresh
/// arrays would double the heap between two collections.
/// </summary>
internal sealed class Slabs
{
    // Rows are at most about 2 MB, and one that does not fit the rest begins a new slab: the larger
    // the slab, the less is lost.
    private const int SlabBytes = 8 << 20;
    private const int Kept = 4;

    private readonly Lock gate = new();
    private readonly Stack<byte[]> free = new();

    public byte[] Rent(int atLeast)
    {
        if (atLeast > SlabBytes)
            return GC.AllocateUninitializedArray<byte>(atLeast);
        lock (gate)
        {
            if (free.TryPop(out var slab))
                return slab;
        }
        return GC.AllocateUninitializedArray<byte>(SlabBytes);
    }

    public void Return(byte[] slab)
    {
        lock (gate)
        {
            if (slab.Length == SlabBytes && free.Count < Kept)
                free.Push(slab);
        }
    }
}
