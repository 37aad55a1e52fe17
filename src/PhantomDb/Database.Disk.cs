using PhantomDb.Durability.History;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Functions;

namespace PhantomDb;

public sealed partial class Database
{
    private DatabaseLog? _databaseLog;
    private DatabaseSettings? _databaseSettings;

    /// <summary>True where commits go into a transaction log: the database was opened by name, and not only in memory or to be read.</summary>
    public bool HasLog => WrittenLog is not null;

    /// <summary>The transaction log: its records, and entries of the user's own. Of a database that is only read (where <see cref="HasLog"/> is false) it can be read alone.</summary>
    /// <exception cref="PhantomDbException">55000: there is none, since the database is in memory.</exception>
    public DatabaseLog Log => _databaseLog ??= WrittenLog is { } written ? new DatabaseLog(this, written) : LogToRead is FolderLog folder ? new DatabaseLog(this, folder) : throw Error.NoLog(Name);

    /// <summary>As <see cref="DatabaseLog.Append"/>.</summary>
    /// <param name="operation">Its name, such as MAINTENANCE.</param>
    /// <param name="data">Keys and values.</param>
    public long AppendTransactionLog(string operation, IEnumerable<KeyValuePair<string, string>> data) => Log.Append(operation, data);

    /// <summary>The values that sessions of this database begin with: what SET PERSIST changes. Kept with the database, in its files and its log.</summary>
    public DatabaseSettings Settings => _databaseSettings ??= new DatabaseSettings(this);

    /// <summary>What can be read of the log; null where there is none. A segment with a damaged header is none of the open log's, and is read from the folder, as far as it is proved.</summary>
    internal ILogSource? LogToRead => WrittenLog is { } log
        ? log.ToRead() is var written && Persistence!.HasHeadlessSegments ? new FolderLog(FilePath!, Options.FileSystem, written.LastLsn) : written
        : Options.IsReadOnly && FilePath is not null ? new FolderLog(FilePath, Options.FileSystem) : null;

    internal ILogControl? LogControl => HasLog ? Log : null;

    private TransactionLog? WrittenLog => Persistence?.Log;
}
