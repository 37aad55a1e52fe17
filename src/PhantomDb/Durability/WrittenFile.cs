using System.Runtime.CompilerServices;
using PhantomDb.Storage;

namespace PhantomDb.Durability;

/// <summary>A database file or snapshot as it was written, and where the rows of each table stand in it. Keeps no table in memory.</summary>
/// <param name="HeaderLength">Bytes before those that offsets count from.</param>
/// <param name="Lsn">Last one that the rows contain.</param>
internal sealed record WrittenFile(string Path, long HeaderLength, long Lsn, FileSeal Seal, ConditionalWeakTable<TableStore, SectionSeal> Tables)
{
    /// <summary>What the file's header says; less where a file with the same rows was there already.</summary>
    public long HeaderLsn { get; init; }

    /// <summary>False where a file with the same content was there already, and was left alone.</summary>
    public bool IsNew { get; init; } = true;

    /// <summary>Of the whole file, when it was written.</summary>
    public long Length { get; init; }
}
