namespace Stammgast.Kernels;

/// <summary>An item and its score; lists of them go from best to worst.</summary>
/// <param name="Item">Dense item id, 0 … n−1.</param>
/// <param name="Score">Finite and not negative.</param>
public readonly record struct Scored(int Item, float Score);

/// <summary>Keeps the best of many without sorting the rest.</summary>
public static class Best
{
    /// <summary>
    /// Puts the <paramref name="count"/> best items first, from best to worst, and answers how many
    /// there are (fewer if the list is shorter). Equal scores go by the lower item, so that the
    /// order does not depend on how the list came about. O(n + k log k) on average.
    /// </summary>
    public static int First(Span<Scored> items, int count)
    {
        count = Math.Clamp(count, 0, items.Length);
        if (count < items.Length)
            Partition(items, count);
        items[..count].Sort(Compare);
        return count;
    }

    /// <summary>Best first; of equals the lower item.</summary>
    public static int Compare(Scored a, Scored b)
    {
        var byScore = b.Score.CompareTo(a.Score);
        return byScore != 0 ? byScore : a.Item.CompareTo(b.Item);
    }

    // Quickselect with the median of three; equal items cannot make it quadratic because ids differ.
    private static void Partition(Span<Scored> items, int count)
    {
        int low = 0, high = items.Length - 1;
        while (low < high)
        {
            var pivot = Median(items[low], items[(low + high) >>> 1], items[high]);
            int left = low, right = high;
            while (left <= right)
            {
                while (Compare(items[left], pivot) < 0)
                    left++;
                while (Compare(items[right], pivot) > 0)
                    right--;
                if (left <= right)
                {
                    (items[left], items[right]) = (items[right], items[left]);
                    left++;
                    right--;
                }
            }
            if (count - 1 <= right)
                high = right;
            else if (count - 1 >= left)
                low = left;
            else
                return;
        }
    }

    private static Scored Median(Scored a, Scored b, Scored c)
    {
        if (Compare(a, b) > 0)
            (a, b) = (b, a);
        if (Compare(b, c) > 0)
            (b, c) = (c, b);
        return Compare(a, b) > 0 ? a : b;
    }
}
