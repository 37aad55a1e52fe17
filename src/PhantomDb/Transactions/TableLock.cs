namespace PhantomDb.Transactions;

/// <summary>PostgreSQL's table lock modes, weakest first.</summary>
internal enum TableLockMode : byte
{
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

/// <summary>
/// The lock of one table (by oid: it outlives the table's stores): who holds it and who waits, in order. Data of
/// <see cref="LockManager"/>, under its gate but for the counters that the fast way reads.
/// </summary>
internal sealed class TableLock(int oid)
{
    // By mode: bits of the modes that it conflicts with (PostgreSQL 15, table 13.2).
    private static readonly byte[] Conflicts =
    [
        Bits(TableLockMode.AccessExclusive),
        Bits(TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        Bits(TableLockMode.Share, TableLockMode.ShareRowExclusive, TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        Bits(TableLockMode.ShareUpdateExclusive, TableLockMode.Share, TableLockMode.ShareRowExclusive, TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        Bits(TableLockMode.RowExclusive, TableLockMode.ShareUpdateExclusive, TableLockMode.ShareRowExclusive, TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        Bits(TableLockMode.RowExclusive, TableLockMode.ShareUpdateExclusive, TableLockMode.Share, TableLockMode.ShareRowExclusive, TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        Bits(TableLockMode.RowShare, TableLockMode.RowExclusive, TableLockMode.ShareUpdateExclusive, TableLockMode.Share, TableLockMode.ShareRowExclusive, TableLockMode.Exclusive, TableLockMode.AccessExclusive),
        byte.MaxValue,
    ];

    /// <summary>Holds and requests of modes that are not shared among all who read and write rows: above zero, nobody takes the fast way.</summary>
    public int StrongCount;

    /// <summary>Of those, how many keep queries out too.</summary>
    public int ExclusionCount { get; set; }

    public int Oid => oid;

    public List<TableHold> Holds { get; } = [];

    public List<TableRequest> Queue { get; } = [];

    public static bool IsStrong(TableLockMode mode) => mode > TableLockMode.RowExclusive;

    /// <summary>True where a mode cannot be had beside those of a set of bits.</summary>
    public static bool Conflict(TableLockMode mode, int modes) => (Conflicts[(int)mode] & modes) != 0;

    private static byte Bits(params ReadOnlySpan<TableLockMode> modes)
    {
        int bits = 0;
        foreach (TableLockMode mode in modes)
        {
            bits |= 1 << (int)mode;
        }
        return (byte)bits;
    }
}

/// <summary>One transaction object's share in a table's lock; kept from transaction to transaction, so that taking a lock allocates nothing.</summary>
internal sealed class TableHold(Transaction owner, TableLock table)
{
    /// <summary>Beside the bits of the modes: queries are kept out, or are to be (LOCK TABLE … IN ACCESS EXCLUSIVE MODE).</summary>
    public const int ExclusionBit = 1 << 8;

    private int _modes;

    public Transaction Owner => owner;

    public TableLock Table => table;

    public bool ExcludesQueries => (_modes & ExclusionBit) != 0;

    /// <summary>Bits of the modes held; the owner's to change, anyone's to read.</summary>
    public int Modes
    {
        get => Volatile.Read(ref _modes);
        set => Volatile.Write(ref _modes, value);
    }

    public bool Has(TableLockMode mode) => (_modes >> (int)mode & 1) != 0;
}

/// <summary>A wait for a table's lock.</summary>
internal sealed record TableRequest(Transaction Transaction, TableLockMode Mode);
