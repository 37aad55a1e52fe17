using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;

namespace PhantomDb.Durability;

/// <summary>
/// A database as a file had it: whole, or an error was thrown. Keys, NOT NULL and foreign keys have been checked; checks,
/// whose expressions only the language arm understands, are the composition root's to check.
/// </summary>
internal sealed record LoadedDatabase(DatabaseCatalog Catalog, DatabaseStorage Storage)
{
    /// <summary>The database's identity; empty where the file has none.</summary>
    public Guid Id { get; init; }

    public int Timeline { get; init; } = 1;

    public long Lsn { get; init; }

    /// <summary>The segments of the log that led to the file that this began with; empty where the file does not say.</summary>
    public SegmentHistory History { get; init; } = SegmentHistory.Empty;

    /// <summary>True where the seal is in the file itself.</summary>
    public bool IsSealed { get; init; }

    /// <summary>True where checksums, in the file or beside it, have shown that it is as it was saved.</summary>
    public bool IsProved { get; init; }

    /// <summary>Indexes with expressions or predicates, which are the composition root's to bind and build.</summary>
    public IReadOnlyList<LateIndex> LateIndexes { get; init; } = [];

    /// <summary>Head of the section of each table and view, and where it begins, for errors that show only later.</summary>
    public IReadOnlyDictionary<int, (string Head, long Offset)> Sections { get; init; } = new Dictionary<int, (string, long)>();
}

/// <summary>A key of a <see cref="LateIndex"/>: a column, or SQL text that is the language arm's to understand.</summary>
/// <param name="Column">The column's name; null for an expression.</param>
/// <param name="Expression">The expression in parentheses; null for a column.</param>
/// <param name="Order">Direction and operator class; its number means nothing.</param>
internal sealed record LateKey(string? Column, string? Expression, IndexColumn Order);

/// <summary>An index that only the language arm understands, because of an expression among its keys or its predicate, which is SQL text.</summary>
internal sealed record LateIndex(int TableOid, string Name, IReadOnlyList<LateKey> Keys)
{
    public bool IsUnique { get; init; }

    public bool NullsEqual { get; init; }

    public IReadOnlyList<string> Included { get; init; } = [];

    public string? Predicate { get; init; }

    public string? Comment { get; init; }
}
