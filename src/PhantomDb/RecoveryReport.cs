using System.Globalization;
using System.Text;

namespace PhantomDb;

/// <summary>What has become of a database's files.</summary>
public enum RecoveryVerdict
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

/// <summary>A file, and what recovery made of it.</summary>
/// <param name="Path">The file's full path.</param>
/// <param name="IsUsed">True where something of it is in the database.</param>
/// <param name="Reason">Why, and how far it was used.</param>
public sealed record RecoveryFile(string Path, bool IsUsed, string Reason);

/// <summary>Something that the log had, or must have had, and the database has not.</summary>
/// <param name="FirstLsn">Of the first record that is lost.</param>
/// <param name="LastLsn">Of the last one; <see cref="long.MaxValue"/> where nobody knows how far the log had gone.</param>
/// <param name="Tables">The tables that its records are about; empty where nobody can tell, because they cannot be read.</param>
/// <param name="Reason">Why, with the place in the log.</param>
public sealed record RecoveryLoss(long FirstLsn, long LastLsn, IReadOnlyList<string> Tables, string Reason)
{
    /// <summary>One line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"LSN {FirstLsn} {(LastLsn == long.MaxValue ? "and whatever was behind it" : $"to {LastLsn}")} ({(Tables.Count == 0 ? "tables unknown" : $"tables {string.Join(", ", Tables)}")}): {Reason}");
}

/// <summary>
/// What recovery did when a database's files were opened, and why: files used and left out, what was applied, what was set aside. There is one for
/// every opening that read a file, clean or not. A database that is refused gives an error with file, line and byte offset instead.
/// </summary>
public sealed record RecoveryReport
{
    private const int LossesShown = 10;

    /// <summary>What has become of the files.</summary>
    public RecoveryVerdict Verdict { get; internal init; }

    /// <summary>The database's files, those left out too.</summary>
    public IReadOnlyList<RecoveryFile> Files { get; internal init; } = [];

    /// <summary>LSN (log sequence number) of the database file or snapshot that the log was applied to; 0 where there was none.</summary>
    public long BaseLsn { get; internal init; }

    /// <summary>LSN of the last transaction that the database has.</summary>
    public long LastLsn { get; internal init; }

    /// <summary>Number of the history that the database goes on with; a restore to an earlier point begins a new one.</summary>
    public int Timeline { get; internal init; } = 1;

    /// <summary>Records of the log that were read, those included that the file had already.</summary>
    public long RecordsRead { get; internal init; }

    /// <summary>Records that were applied to what the file had.</summary>
    public long RecordsApplied { get; internal init; }

    /// <summary>Transactions that these belong to.</summary>
    public long TransactionsApplied { get; internal init; }

    /// <summary>Whole transactions behind a bad line that were left out; those of the log's damaged part cannot be counted.</summary>
    public long TransactionsDropped { get; internal init; }

    /// <summary>Bytes of the log, or of damaged files, that are kept in files beside it (<c>.torn_…</c>, <c>.bad_…</c>).</summary>
    public long BytesSetAside { get; internal init; }

    /// <summary>What was lost, as far as can be told; empty but after a salvage.</summary>
    public IReadOnlyList<RecoveryLoss> Losses { get; internal init; } = [];

    /// <summary>After a salvage: what the file that it began with has lost.</summary>
    internal IReadOnlyList<string> FileLosses { get; init; } = [];

    /// <summary>Why the verdict is not CLEAN: the first bad line and its place, or a file that could not be read.</summary>
    public string? Problem { get; internal init; }

    /// <summary>How long the database file or snapshot took.</summary>
    public TimeSpan LoadTime { get; internal init; }

    /// <summary>How long the log behind it took.</summary>
    public TimeSpan ApplyTime { get; internal init; }

    /// <summary>The verdict in capitals: CLEAN, TORN, REPAIRED or REFUSED.</summary>
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

    /// <summary>
    /// A few lines for a person: <see cref="ToLine"/>, what the database began with and what the log added, and what was lost. What became of each file is in <see cref="Files"/>.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder(ToLine());
        string? first = Files.FirstOrDefault(file => file.IsUsed)?.Path;
        text.Append(CultureInfo.InvariantCulture, $"\nbegan with {(BaseLsn > 0 && first is not null ? $"{Path.GetFileName(first)}, LSN {BaseLsn}" : "an empty database")}");
        text.Append(CultureInfo.InvariantCulture, $"; {RecordsApplied} records of the log applied; timeline {Timeline}; {(LoadTime + ApplyTime).TotalMilliseconds:0} ms");
        text.Append(CultureInfo.InvariantCulture, $"\nfiles used {Files.Count(file => file.IsUsed)}, left out {Files.Count(file => !file.IsUsed)}");
        foreach (RecoveryLoss loss in Losses.Take(LossesShown))
        {
            text.Append(CultureInfo.InvariantCulture, $"\nlost {loss}");
        }
        return Losses.Count <= LossesShown ? text.ToString() : text.Append(CultureInfo.InvariantCulture, $"\nand {Losses.Count - LossesShown} losses more").ToString();
    }
}
