namespace PhantomDb;

/// <summary>A section of a database file (a table, a view …) whose content an edit has changed.</summary>
/// <param name="Name">As it stands in the file: <c>[TABLE:users]</c>.</param>
/// <param name="RowCount">Rows that it has now.</param>
public sealed record AcceptedSection(string Name, long RowCount)
{
    /// <summary>Rows before the edit; null where nothing tells.</summary>
    public long? RowCountBefore { get; init; }

    /// <summary>Rows that are new; null where there is nothing to compare with.</summary>
    public long? RowsAdded { get; init; }

    /// <summary>Rows that are gone; null where there is nothing to compare with.</summary>
    public long? RowsRemoved { get; init; }

    /// <summary>Rows of a table with primary key that have other values; null where there is nothing to compare with.</summary>
    public long? RowsChanged { get; init; }

    /// <summary>Values that were '' and are NULL now, as spreadsheets leave them; null where there is nothing to compare with.</summary>
    public long? EmptyTextsNowNull { get; init; }

    /// <summary>Values in columns of strings that are NULL: without the content from before, those that may have been ''.</summary>
    public long NullTexts { get; init; }
}

/// <summary>What <see cref="DatabaseTools.Accept"/> found in a file, and made of it.</summary>
/// <param name="Path">The file's full path.</param>
public sealed record AcceptanceReport(string Path)
{
    /// <summary>False where the file is as it was saved, or only its spelling or comments differ.</summary>
    public bool IsChanged { get; init; }

    /// <summary>True where the file was written: it is sealed now.</summary>
    public bool IsSealed { get; init; }

    /// <summary>True where the content from before the edit could be had from snapshots and the log, and was compared row by row.</summary>
    public bool IsCompared { get; init; }

    /// <summary>Sections whose content differs from before, or that are new.</summary>
    public IReadOnlyList<AcceptedSection> Sections { get; init; } = [];

    /// <summary>Sections that are as they were.</summary>
    public int UnchangedSectionCount { get; init; }

    /// <summary>Sections that are gone; by name where the content from before could be had.</summary>
    public IReadOnlyList<string> RemovedSections { get; init; } = [];

    /// <summary>Of the file as it is sealed: an edit begins a new one.</summary>
    public int Timeline { get; init; }

    /// <summary>The log sequence number that the edit has: behind all that the log has.</summary>
    public long Lsn { get; init; }
}
