using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Recovery;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb;

// Reading without the lock: beside whoever writes, once or following the log.
public sealed partial class Database
{
    /// <summary>
    /// Makes visible what has come of the log since, in a database that follows it (<see cref="DatabaseOptions.IsFollowing"/>). It is done by itself every
    /// <see cref="DatabaseOptions.FollowInterval"/>; this is for who cannot wait. Transactions that are open go on with what they see.
    /// </summary>
    /// <returns>True where anything has come.</returns>
    public bool Refresh()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _follower?.Refresh() ?? false;
    }

    /// <summary>LSN of the last transaction that a follower shows; null where the database follows no log.</summary>
    public long? FollowedLsn => _follower?.LastLsn;

    /// <summary>Why a follower shows nothing newer, such as a segment that has not been copied yet; null where it shows all that has come.</summary>
    public string? FollowProblem => _follower?.Problem;

    private RecoveryOptions ReaderOptions => new()
    {
        IsReadOnly = true, IsFollowing = Options.IsFollowing, IsEdit = file => FileAcceptance.IsEdit(file, Options),
    };

    private RecoveredDatabase Read(string path) => ReadOnlyRecovery.Run(path, Memory, account => new LoadTarget(account), Options.FileSystem, ReaderOptions);

    /// <summary>Puts what a follower has applied in place of the definitions and tables; its transaction is made visible together with them.</summary>
    internal void PutInPlace(DatabaseCatalog catalog, DatabaseStorage stage)
    {
        Storage.Adopt(stage);
        Catalog = catalog;
        Volatile.Write(ref _nextOid, Math.Max(_nextOid, catalog.NextOid));
    }

    /// <summary>Reads all anew, and puts it in place of what is there; 55006 while a transaction may want that.</summary>
    internal RecoveredDatabase ReplaceByFiles(string path)
    {
        EnsureNoOpenTransaction();
        MemoryAccount account = new("database", Options.MemoryLimit, Memory);
        int firstOid = _nextOid;
        try
        {
            RecoveredDatabase recovered = ReadOnlyRecovery.Run(path, account, attempt => new LoadTarget(attempt, Storage.Timestamps, firstOid), Options.FileSystem, ReaderOptions);
            Replace(recovered.Database, firstOid, file: null);
            Recovery = recovered.Report;
            return recovered;
        }
        catch
        {
            account.Close();
            throw;
        }
    }
}
