using System.Globalization;
using System.Text;

namespace PhantomDb.Durability.Recovery;

/// <summary>What has become of a database's files.</summary>
internal enum RecoveryVerdict
{
    /// <summary>All files were whole.</summary>
    Clean,

    /// <summary>The log ended with bytes that had not been on the disk when the process ended: they are set aside, no acknowledged commit is lost.</summary>
    Torn,

    /// <summary>Something was damaged or in doubt, and the database was recovered without it.</summary>
    Repaired,

    /// <summary>The database was not opened.</summary>
    Refused,
}

/// <summary>A file and what recovery made of it.</summary>
internal sealed record RecoveryFile(string Path, bool IsUsed, string Reason);

/// <summary>What recovery did, and why. There is one for every opening, clean or not.</summary>
internal sealed record RecoveryReport
{
    public RecoveryVerdict Verdict { get; init; }

    public IReadOnlyList<RecoveryFile> Files { get; init; } = [];

    /// <summary>LSN of the file that the log was applied to.</summary>
    public long BaseLsn { get; init; }

    /// <summary>Of the last transaction that the database has.</summary>
    public long LastLsn { get; init; }

    public int Timeline { get; init; } = 1;

    /// <summary>Records of the log that were read, those included that the file had already.</summary>
    public long RecordsRead { get; init; }

    public long RecordsApplied { get; init; }

    public long TransactionsApplied { get; init; }

    /// <summary>Whole transactions behind a bad line that were left out; those of the log's damaged part cannot be counted.</summary>
    public long TransactionsDropped { get; init; }

    /// <summary>Bytes at the end of the log, kept in files beside it.</summary>
    public long BytesSetAside { get; init; }

    /// <summary>Why the verdict is not CLEAN: the first bad line and its place, or a file that could not be read.</summary>
    public string? Problem { get; init; }

    public TimeSpan LoadTime { get; init; }

    public TimeSpan ApplyTime { get; init; }

    public string VerdictText => Verdict switch
    {
        RecoveryVerdict.Clean => "CLEAN",
        RecoveryVerdict.Torn => "TORN",
        RecoveryVerdict.Repaired => "REPAIRED",
        RecoveryVerdict.Refused => "REFUSED",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>One line, for a log or the standard error.</summary>
    public string ToLine()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"recovery {VerdictText}: LSN {LastLsn}, transactions applied {TransactionsApplied}");
        if (TransactionsDropped > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", dropped {TransactionsDropped}");
        }
        if (BytesSetAside > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $", bytes set aside {BytesSetAside}");
        }
        return Problem is null ? text.ToString() : text.Append("; ").Append(Problem).ToString();
    }

    /// <summary>All of it, a fact a line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{ToLine()}\ntimeline {Timeline}, from LSN {BaseLsn}, records read {RecordsRead}, applied {RecordsApplied}\n");
        text.Append(CultureInfo.InvariantCulture, $"load {LoadTime.TotalMilliseconds:0} ms, apply {ApplyTime.TotalMilliseconds:0} ms\n");
        foreach (RecoveryFile file in Files)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(file.IsUsed ? "used" : "not used")} {file.Path}: {file.Reason}\n");
        }
        return text.ToString();
    }
}
