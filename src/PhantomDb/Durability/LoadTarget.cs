using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>Where a file's content is going: into a new database, or in place of what a running one has.</summary>
/// <param name="Account">Charged with the tables.</param>
/// <param name="Timestamps">Of the database that the tables will belong to; null: a new one.</param>
/// <param name="FirstOid">Objects get oids from here on, so that none is mistaken for one that was there before; 0: any.</param>
internal sealed record LoadTarget(MemoryAccount? Account, ReadTimestamps? Timestamps = null, int FirstOid = 0)
{
    public static readonly LoadTarget New = new((MemoryAccount?)null);
}
