using System.Numerics;
using PhantomDb.Catalog;
using PhantomDb.Parsing;

namespace PhantomDb;

/// <summary>
/// The statements that a session ran last, found by their text without its literals: a hash table whose chains hold the
/// variants of one key, and a list in the order of use. The one used least recently goes when it is full. A session's own, so
/// that looking up needs no lock and what is found may have state.
/// </summary>
internal sealed class PlanCache(int capacity)
{
    private const int VariantsMax = 8;   // of one key: a literal that is pinned may change each time

    private readonly CachedStatement?[] _buckets = new CachedStatement?[BitOperations.RoundUpToPowerOf2((uint)capacity) * 2];
    private CachedStatement? _newest;
    private CachedStatement? _oldest;

    public int Capacity => capacity;

    public int Count { get; private set; }

    /// <summary>How often a statement was found.</summary>
    public long HitCount { get; private set; }

    /// <summary>The statement for a text that was just scanned, if it was made for these definitions and settings.</summary>
    public CachedStatement? Find(LiteralScanner text, string sql, DatabaseCatalog catalog, int settingsVersion)
    {
        CachedStatement? entry = _buckets[BucketOf(text.Hash)];
        while (entry is not null && !(entry.Hash == text.Hash && entry.Matches(text, sql)))
        {
            entry = entry.NextInBucket;
        }
        if (entry is null)
        {
            return null;
        }
        if (!entry.IsFor(catalog, settingsVersion))
        {
            Remove(entry);
            return null;
        }
        HitCount++;
        if (!ReferenceEquals(entry, _newest))
        {
            Unlink(entry);
            LinkAsNewest(entry);
        }
        return entry;
    }

    /// <summary>True where a statement of this key needs its literals as they are: others like it need not be tried.</summary>
    public bool HasPinnedVariant(LiteralScanner text)
    {
        for (CachedStatement? entry = _buckets[BucketOf(text.Hash)]; entry is not null; entry = entry.NextInBucket)
        {
            if (entry.Hash == text.Hash && entry.IsPinned && entry.HasKey(text))
            {
                return true;
            }
        }
        return false;
    }

    public void Add(CachedStatement entry)
    {
        MakeRoom(entry);
        ref CachedStatement? bucket = ref _buckets[BucketOf(entry.Hash)];
        entry.NextInBucket = bucket;
        bucket = entry;
        LinkAsNewest(entry);
        Count++;
    }

    public void Clear()
    {
        Array.Clear(_buckets);
        _newest = _oldest = null;
        Count = 0;
    }

    private void MakeRoom(CachedStatement added)
    {
        int variants = 0;
        CachedStatement? last = null;
        for (CachedStatement? entry = _buckets[BucketOf(added.Hash)]; entry is not null; entry = entry.NextInBucket)
        {
            if (entry.Hash == added.Hash)
            {
                variants++;
                last = entry;
            }
        }
        if (variants >= VariantsMax)
        {
            Remove(last!);   // the one added first
        }
        if (Count >= capacity)
        {
            Remove(_oldest!);
        }
    }

    private void Remove(CachedStatement entry)
    {
        ref CachedStatement? link = ref _buckets[BucketOf(entry.Hash)];
        while (!ReferenceEquals(link, entry))
        {
            link = ref link!.NextInBucket;
        }
        link = entry.NextInBucket;
        Unlink(entry);
        Count--;
    }

    private void LinkAsNewest(CachedStatement entry)
    {
        entry.Newer = null;
        entry.Older = _newest;
        if (_newest is not null)
        {
            _newest.Newer = entry;
        }
        _newest = entry;
        _oldest ??= entry;
    }

    private void Unlink(CachedStatement entry)
    {
        if (entry.Newer is null)
        {
            _newest = entry.Older;
        }
        else
        {
            entry.Newer.Older = entry.Older;
        }
        if (entry.Older is null)
        {
            _oldest = entry.Newer;
        }
        else
        {
            entry.Older.Newer = entry.Newer;
        }
    }

    private int BucketOf(int hash) => hash & (_buckets.Length - 1);
}
