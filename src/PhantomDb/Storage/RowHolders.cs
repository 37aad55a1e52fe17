using System.Diagnostics.CodeAnalysis;

namespace PhantomDb.Storage;

/// <summary>
/// The transactions that hold locks of one row, where they are many: for each strength a list, and where in it a transaction
/// stands, so that none of the questions is answered by going through all. Part of <see cref="RowLocks"/>.
/// </summary>
internal sealed class RowHolders
{
    private const int ModeCount = (int)RowLockMode.Update + 1;

    private readonly List<TransactionStamp>[] _holders = new List<TransactionStamp>[ModeCount];
    private readonly Dictionary<TransactionStamp, int>[] _places = new Dictionary<TransactionStamp, int>[ModeCount];

    public int Count { get; private set; }

    public bool Has(TransactionStamp stamp, RowLockMode mode) => _places[(int)mode]?.ContainsKey(stamp) == true;

    public void Add(TransactionStamp stamp, RowLockMode mode)
    {
        List<TransactionStamp> holders = _holders[(int)mode] ??= [];
        Dictionary<TransactionStamp, int> places = _places[(int)mode] ??= [];
        places.Add(stamp, holders.Count);
        holders.Add(stamp);
        Count++;
    }

    /// <summary>False where there is no such lock. The last of the list takes its place.</summary>
    public bool Remove(TransactionStamp stamp, RowLockMode mode)
    {
        if (_places[(int)mode] is not { } places || !places.Remove(stamp, out int place))
        {
            return false;
        }
        List<TransactionStamp> holders = _holders[(int)mode];
        TransactionStamp last = holders[^1];
        holders.RemoveAt(holders.Count - 1);
        if (place < holders.Count)
        {
            holders[place] = last;
            places[last] = place;
        }
        Count--;
        return true;
    }

    /// <summary>Somebody else's lock that keeps this strength out.</summary>
    public bool TryFindConflict(RowLockMode mode, TransactionStamp own, [NotNullWhen(true)] out TransactionStamp? holder)
    {
        for (int i = 0; i < ModeCount; i++)
        {
            if (_holders[i] is { Count: > 0 } holders && RowLocks.Conflict((RowLockMode)i, mode))
            {
                holder = holders.Find(other => !ReferenceEquals(other, own) && !other.IsCommitted);   // mostly the first or the second
                if (holder is not null)
                {
                    return true;
                }
            }
        }
        holder = null;
        return false;
    }

    /// <summary>All others' locks that keep this strength out.</summary>
    public IEnumerable<TransactionStamp> Conflicts(RowLockMode mode, TransactionStamp own) =>
        Enumerable.Range(0, ModeCount)
            .Where(i => RowLocks.Conflict((RowLockMode)i, mode))
            .SelectMany(i => _holders[i] ?? [])
            .Where(holder => !ReferenceEquals(holder, own) && !holder.IsCommitted);
}
