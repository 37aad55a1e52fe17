namespace PhantomDb.Durability.Snapshots;

/// <summary>A database as one reader sees it, until it is disposed of.</summary>
internal interface ISnapshotView : IDisposable
{
    DatabaseContent Content { get; }
}
