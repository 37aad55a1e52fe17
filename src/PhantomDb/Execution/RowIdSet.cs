using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>Row ids of one table: a bit for each row of the parts of the table that have any, charged to the statement.</summary>
internal sealed class RowIdSet(MemoryAccount account)
{
    private const int PageBits = 12;
    private const int PageWords = (1 << PageBits) / 64;
    private const int PageSize = (PageWords * sizeof(ulong)) + 64;   // with its array's header and its entry in the dictionary

    private readonly Dictionary<long, ulong[]> _pages = [];

    /// <summary>False where it is in already.</summary>
    public bool Add(long rowId)
    {
        if (!_pages.TryGetValue(rowId >> PageBits, out ulong[]? page))
        {
            account.Charge(PageSize);
            page = new ulong[PageWords];
            _pages.Add(rowId >> PageBits, page);
        }
        ref ulong word = ref page[WordOf(rowId)];
        ulong bit = 1UL << (int)(rowId & 63);
        bool isNew = (word & bit) == 0;
        word |= bit;
        return isNew;
    }

    public bool Contains(long rowId) =>
        _pages.TryGetValue(rowId >> PageBits, out ulong[]? page) && (page[WordOf(rowId)] >> (int)(rowId & 63) & 1) != 0;

    private static int WordOf(long rowId) => (int)(rowId & ((1 << PageBits) - 1)) >> 6;
}
