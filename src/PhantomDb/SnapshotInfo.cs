using System.Globalization;

namespace PhantomDb;

/// <summary>A snapshot: a file that has all of a database as it was at one moment, and can be opened by itself.</summary>
/// <param name="Name">Of the file, without its folder.</param>
/// <param name="Path">Of the file.</param>
/// <param name="Lsn">Number of the last commit that it has.</param>
/// <param name="Bytes">Of the file.</param>
/// <param name="CreatedAt">When it was begun, in UTC, to the second.</param>
public sealed record SnapshotInfo(string Name, string Path, long Lsn, long Bytes, DateTime CreatedAt)
{
    /// <summary>How long it took to write and to read back; null for one that was found in the folder.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Of <see cref="Bytes"/>, those of rows that were copied from an older file, since nothing had changed them.</summary>
    public long? CopiedBytes { get; init; }

    /// <summary>True where every byte has been read back, by this opening of the database, and was as it was written.</summary>
    public bool IsVerified { get; init; }

    /// <summary>True where it was found to be not as it was written. It is kept, and not used.</summary>
    public bool IsDamaged { get; init; }

    /// <summary>Under which names it is kept: <see cref="DatabaseSnapshots.Pin"/>.</summary>
    public IReadOnlyList<string> Pins { get; init; } = [];

    /// <summary>One line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Name}: LSN {Lsn}, {Bytes} bytes{(IsDamaged ? ", damaged" : IsVerified ? ", verified" : "")}{(Pins.Count > 0 ? $", kept as {string.Join(", ", Pins)}" : "")}");
}
