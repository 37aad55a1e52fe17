using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Snapshots;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb;

// Snapshots, and the reading of all that is committed which they and saved files begin with.
public sealed partial class Database
{
    /// <summary>The snapshots that there are, and when new ones are taken.</summary>
    public DatabaseSnapshots Snapshots { get; }

    /// <summary>As <see cref="DatabaseSnapshots.IsEnabled"/>.</summary>
    public bool SnapshotEnabled
    {
        get => Snapshots.IsEnabled;
        set => Snapshots.IsEnabled = value;
    }

    /// <summary>As <see cref="DatabaseSnapshots.Interval"/>.</summary>
    public int SnapshotInterval
    {
        get => Snapshots.Interval;
        set => Snapshots.Interval = value;
    }

    /// <summary>As <see cref="DatabaseSnapshots.Create"/>.</summary>
    public SnapshotInfo CreateSnapshot() => Snapshots.Create();

    /// <summary>As <see cref="DatabaseSnapshots.CreateAsync"/>.</summary>
    public Task<SnapshotInfo> CreateSnapshotAsync(CancellationToken cancellationToken = default) => Snapshots.CreateAsync(cancellationToken);

    internal void NoteSnapshot(TakenSnapshot snapshot)
    {
        DatabaseMetrics.NoteSnapshot(this, snapshot.Duration);
        Snapshots?.NoteTaken(snapshot);   // none while the database is still being made
    }

    /// <summary>The value of a setting that is the database's and no session's; null: its default.</summary>
    internal string? SettingInForce(string name) => name == "data_directory" ? Path.GetDirectoryName(FilePath) : Snapshots.Show(name);

    /// <summary>CHECKPOINT: the database's own file has all that is committed. Nothing to do in memory.</summary>
    internal void Checkpoint(Action throwIfStopped)
    {
        if (_persistence is not null)
        {
            Save(_persistence.Path, isSealed: null, throwIfStopped: throwIfStopped);
        }
    }

    /// <summary>A file by itself, read only.</summary>
    internal Database OpenFile(string path) => Open(path, Options with { IsReadOnly = true, IsInMemory = false });

    /// <summary>Begins to read all that is committed, at one moment between two commits.</summary>
    internal CommittedView ReadCommitted() => new(this);

    /// <summary>Definitions, rows and positions of one moment, until it is disposed of: an ordinary reader, for whom nobody waits.</summary>
    internal sealed class CommittedView : ISnapshotView
    {
        private readonly Transaction _transaction;

        public CommittedView(Database database)
        {
            _transaction = database.Transactions.NewTransaction();
            _transaction.Begin();
            try
            {
                Content = database.Transactions.BetweenCommits(() =>
                {
                    _transaction.BeginReading();
                    return new DatabaseContent(database.Name, database.Catalog, database.Storage, _transaction.View)
                    {
                        Tables = database.Storage.Tables, Sequences = database.Storage.Sequences,
                        Id = database._persistence?.Id ?? Guid.Empty, Timeline = database._persistence?.Timeline ?? 1, Lsn = _transaction.ReadTimestamp,
                    };
                });
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public DatabaseContent Content { get; }

        public void Dispose()
        {
            _transaction.Rollback();
            _transaction.Close();
        }
    }
}
