using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Snapshots;
using PhantomDb.Storage;

namespace PhantomDb.Durability;

/// <summary>What a database file holds: definitions, and the rows that one view sees.</summary>
/// <param name="DatabaseName">For the comment at the top.</param>
internal sealed record DatabaseContent(string DatabaseName, DatabaseCatalog Catalog, DatabaseStorage Storage, ReadView View)
{
    /// <summary>The tables of the catalog, as they were when this was made: definitions may change while it is written.</summary>
    public ImmutableDictionary<int, TableStore> Tables { get; init; } = Storage.Tables;

    public ImmutableDictionary<int, SequenceStore> Sequences { get; init; } = Storage.Sequences;

    /// <summary>The database's identity, made once.</summary>
    public Guid Id { get; init; }

    /// <summary>Counts restores to an earlier point.</summary>
    public int Timeline { get; init; } = 1;

    /// <summary>Last log sequence number that the rows contain; 0 without a log.</summary>
    public long Lsn { get; init; }

    /// <summary>The segments of the log that led to it; empty where there is none, or nobody knows.</summary>
    public SegmentHistory History { get; init; } = SegmentHistory.Empty;

    /// <summary>An older file of the database, from which the rows of tables that have not changed since are copied; null: all are encoded.</summary>
    public UnchangedRows? Unchanged { get; init; }
}

/// <summary>How a database file is written.</summary>
internal sealed record DatabaseFileOptions
{
    public static readonly DatabaseFileOptions Default = new();

    /// <summary>
    /// False for files under version control: then there are no checksums inside, which would make branches conflict, but
    /// in a file of their own beside it (NAME.db.seal).
    /// </summary>
    public bool Sealed { get; init; } = true;

    /// <summary>True: a file with the same content is replaced too, because the header says something else, such as another timeline.</summary>
    public bool IsHeaderNew { get; init; }

    /// <summary>Time for the comment at the top, in UTC.</summary>
    public DateTime GeneratedAt { get; init; } = DateTime.UtcNow;

    /// <summary>Called while the file is written and read back, after every piece: it may wait, so that others get on, or throw, to give up.</summary>
    public Action? AfterPiece { get; init; }
}
