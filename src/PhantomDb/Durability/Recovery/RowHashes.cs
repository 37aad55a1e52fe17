using System.Runtime.InteropServices;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Row ids by the hash of the whole row, for a table without primary key: rows of one hash in the order of their ids, which is that
/// of the table. Whether rows of one hash are equal is the caller's to see.
/// </summary>
internal sealed class RowHashes
{
    private readonly Dictionary<long, long> _single = [];              // the first row of a hash
    private readonly Dictionary<long, SortedSet<long>> _others = [];   // and those behind it

    public void Add(long hash, long rowId)
    {
        ref long first = ref CollectionsMarshal.GetValueRefOrAddDefault(_single, hash, out bool isThere);
        if (!isThere)
        {
            first = rowId;
            return;
        }
        if (rowId < first)
        {
            (first, rowId) = (rowId, first);
        }
        if (!_others.TryGetValue(hash, out SortedSet<long>? others))
        {
            _others.Add(hash, others = []);
        }
        others.Add(rowId);
    }

    public void Remove(long hash, long rowId)
    {
        bool hasOthers = _others.TryGetValue(hash, out SortedSet<long>? others);
        if (_single[hash] != rowId)
        {
            others!.Remove(rowId);
        }
        else if (hasOthers)
        {
            _single[hash] = others!.Min;
            others.Remove(others.Min);
        }
        else
        {
            _single.Remove(hash);
        }
        if (others is { Count: 0 })
        {
            _others.Remove(hash);
        }
    }

    /// <summary>The rows of a hash, by id.</summary>
    public IEnumerable<long> Find(long hash)
    {
        if (!_single.TryGetValue(hash, out long first))
        {
            yield break;
        }
        yield return first;
        if (_others.TryGetValue(hash, out SortedSet<long>? others))
        {
            foreach (long rowId in others)
            {
                yield return rowId;
            }
        }
    }
}
