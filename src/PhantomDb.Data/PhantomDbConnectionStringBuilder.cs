using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace PhantomDb.Data;

/// <summary>
/// A connection string in parts: <c>Data Source=shop;Data Directory=data</c>, <c>Data Source=:memory:</c>. Each keyword has a type, a default and synonyms as other
/// providers spell them; sizes take a unit (64MB), and so do times (250ms). What is wrong is an <see cref="ArgumentException"/> when it is set.
/// </summary>
public sealed class PhantomDbConnectionStringBuilder : DbConnectionStringBuilder
{
    /// <summary>The data source of a database in memory that is the connection's, or the data source's, alone.</summary>
    public const string MemoryDataSource = ":memory:";

    private const string NoValue = "none";   // of a keyword whose value may be null

    /// <summary>An empty connection string.</summary>
    public PhantomDbConnectionStringBuilder()
    {
    }

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="ArgumentException">A keyword that there is not, or a value that is none of its type.</exception>
    public PhantomDbConnectionStringBuilder(string? connectionString) => ConnectionString = connectionString;

    /// <summary>Name of the database in the data directory, path of its file (with a separator or the ending .db), or <c>:memory:</c>. With <see cref="PhantomDbOpenMode.Memory"/> a name to share it by.</summary>
    public string DataSource { get => Get<string>(ConnectionKeyword.DataSource); set => Set(ConnectionKeyword.DataSource, value); }

    /// <summary>Folder of the database files. Default: <see cref="Database.DataDirectory"/>, which is <c>data</c> in the current folder unless it was set.</summary>
    public string DataDirectory { get => Get<string>(ConnectionKeyword.DataDirectory); set => Set(ConnectionKeyword.DataDirectory, value); }

    /// <summary>How the database is opened. Default: <see cref="PhantomDbOpenMode.ReadWriteCreate"/>.</summary>
    public PhantomDbOpenMode Mode { get => Get<PhantomDbOpenMode>(ConnectionKeyword.Mode); set => Set(ConnectionKeyword.Mode, value); }

    /// <summary>When commits are acknowledged. Default: <see cref="SyncPolicy.Always"/>, when they are on the disk.</summary>
    public SyncPolicy SyncPolicy { get => Get<SyncPolicy>(ConnectionKeyword.SyncPolicy); set => Set(ConnectionKeyword.SyncPolicy, value); }

    /// <summary>As <see cref="DatabaseOptions.SyncInterval"/>. Default: a second.</summary>
    public TimeSpan SyncInterval { get => Get<TimeSpan>(ConnectionKeyword.SyncInterval); set => Set(ConnectionKeyword.SyncInterval, value); }

    /// <summary>As <see cref="DatabaseOptions.FollowInterval"/>. Default: a quarter of a second.</summary>
    public TimeSpan? FollowInterval { get => (TimeSpan?)Get(ConnectionKeyword.FollowInterval); set => SetOrNone(ConnectionKeyword.FollowInterval, value); }

    /// <summary>As <see cref="DatabaseOptions.MemoryLimit"/>, in bytes. Default: three quarters of the memory available to the process.</summary>
    public long MemoryLimit { get => Get<long>(ConnectionKeyword.MemoryLimit); set => Set(ConnectionKeyword.MemoryLimit, value); }

    /// <summary>As <see cref="DatabaseOptions.WorkMemory"/>, in bytes. Default: half of what <see cref="MemoryLimit"/> is by default.</summary>
    public long WorkMemory { get => Get<long>(ConnectionKeyword.WorkMemory); set => Set(ConnectionKeyword.WorkMemory, value); }

    /// <summary>As <see cref="DatabaseOptions.PlanCacheSize"/>, in statements. Default: 128.</summary>
    public int PlanCacheSize { get => Get<int>(ConnectionKeyword.PlanCacheSize); set => Set(ConnectionKeyword.PlanCacheSize, value); }

    /// <summary>As <see cref="DatabaseOptions.SlowStatementTime"/>. Default: null.</summary>
    public TimeSpan? SlowStatementTime { get => (TimeSpan?)Get(ConnectionKeyword.SlowStatementTime); set => SetOrNone(ConnectionKeyword.SlowStatementTime, value); }

    /// <summary>As <see cref="DatabaseOptions.LogSegmentSize"/>, in bytes. Default: 64 MiB.</summary>
    public long LogSegmentSize { get => Get<long>(ConnectionKeyword.LogSegmentSize); set => Set(ConnectionKeyword.LogSegmentSize, value); }

    /// <summary>As <see cref="DatabaseOptions.LogBufferSize"/>, in bytes. Default: 16 MiB.</summary>
    public long LogBufferSize { get => Get<long>(ConnectionKeyword.LogBufferSize); set => Set(ConnectionKeyword.LogBufferSize, value); }

    /// <summary>As <see cref="DatabaseOptions.LogCacheSize"/>, in bytes. Default: 1 MiB.</summary>
    public long LogCacheSize { get => Get<long>(ConnectionKeyword.LogCacheSize); set => Set(ConnectionKeyword.LogCacheSize, value); }

    /// <summary>As <see cref="DatabaseOptions.LogRetentionCount"/>; none: null. Default: 64.</summary>
    public int? LogRetentionCount { get => (int?)Get(ConnectionKeyword.LogRetentionCount); set => SetOrNone(ConnectionKeyword.LogRetentionCount, value); }

    /// <summary>As <see cref="DatabaseOptions.LogRetentionAge"/>. Default: null, for ever.</summary>
    public TimeSpan? LogRetentionAge { get => (TimeSpan?)Get(ConnectionKeyword.LogRetentionAge); set => SetOrNone(ConnectionKeyword.LogRetentionAge, value); }

    /// <summary>As <see cref="DatabaseOptions.LogRetentionSize"/>, in bytes; none: null. Default: 1 GiB.</summary>
    public long? LogRetentionSize { get => (long?)Get(ConnectionKeyword.LogRetentionSize); set => SetOrNone(ConnectionKeyword.LogRetentionSize, value); }

    /// <summary>As <see cref="DatabaseOptions.SnapshotEnabled"/>. Default: true.</summary>
    public bool SnapshotEnabled { get => Get<bool>(ConnectionKeyword.SnapshotEnabled); set => Set(ConnectionKeyword.SnapshotEnabled, value); }

    /// <summary>As <see cref="DatabaseOptions.SnapshotInterval"/>, in operations. Default: 1,000, as far as the snapshots stay smaller than the log.</summary>
    public int SnapshotInterval { get => Get<int>(ConnectionKeyword.SnapshotInterval); set => Set(ConnectionKeyword.SnapshotInterval, value); }

    /// <summary>As <see cref="DatabaseOptions.SnapshotPeriod"/>. Default: null.</summary>
    public TimeSpan? SnapshotPeriod { get => (TimeSpan?)Get(ConnectionKeyword.SnapshotPeriod); set => SetOrNone(ConnectionKeyword.SnapshotPeriod, value); }

    /// <summary>As <see cref="DatabaseOptions.SnapshotLogSize"/>, in bytes. Default: null.</summary>
    public long? SnapshotLogSize { get => (long?)Get(ConnectionKeyword.SnapshotLogSize); set => SetOrNone(ConnectionKeyword.SnapshotLogSize, value); }

    /// <summary>As <see cref="DatabaseOptions.SnapshotRetentionCount"/>; none: null. Default: 2.</summary>
    public int? SnapshotRetentionCount { get => (int?)Get(ConnectionKeyword.SnapshotRetentionCount); set => SetOrNone(ConnectionKeyword.SnapshotRetentionCount, value); }

    /// <summary>As <see cref="DatabaseOptions.SnapshotRetentionAge"/>. Default: null, for ever.</summary>
    public TimeSpan? SnapshotRetentionAge { get => (TimeSpan?)Get(ConnectionKeyword.SnapshotRetentionAge); set => SetOrNone(ConnectionKeyword.SnapshotRetentionAge, value); }

    /// <summary>As <see cref="DatabaseOptions.SnapshotRetentionSize"/>, in bytes. Default: null, any.</summary>
    public long? SnapshotRetentionSize { get => (long?)Get(ConnectionKeyword.SnapshotRetentionSize); set => SetOrNone(ConnectionKeyword.SnapshotRetentionSize, value); }

    /// <summary>Seconds that a command of the connection may compute, unless it says otherwise; 0: any. Default: 30.</summary>
    public int CommandTimeout { get => Get<int>(ConnectionKeyword.CommandTimeout); set => Set(ConnectionKeyword.CommandTimeout, value); }

    /// <summary>Schemas in which names without one are looked for, as search_path has them. Default: empty, the database's.</summary>
    public string SearchPath { get => Get<string>(ConnectionKeyword.SearchPath); set => Set(ConnectionKeyword.SearchPath, value); }

    /// <summary>Name of the session in pg_stat_activity. Default: empty.</summary>
    public string ApplicationName { get => Get<string>(ConnectionKeyword.ApplicationName); set => Set(ConnectionKeyword.ApplicationName, value); }

    /// <summary>Time zone of the session. Default: empty, the database's.</summary>
    public string TimeZone { get => Get<string>(ConnectionKeyword.TimeZone); set => Set(ConnectionKeyword.TimeZone, value); }

    /// <summary>Without effect: opening a session of an open database takes microseconds, and none is kept. There for strings of other providers. Default: true.</summary>
    public bool Pooling { get => Get<bool>(ConnectionKeyword.Pooling); set => Set(ConnectionKeyword.Pooling, value); }

    /// <summary>A keyword's value, of its type: what was set, or its default; "none" where that is null. Setting takes a value of its type, its text, or null to take it out.</summary>
    /// <exception cref="ArgumentException">There is no such keyword, or it cannot have that value.</exception>
    [AllowNull]
    public override object this[string keyword]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(keyword);
            return Get(ConnectionKeyword.Get(keyword)) ?? NoValue;
        }
        set
        {
            ArgumentNullException.ThrowIfNull(keyword);
            ConnectionKeyword known = ConnectionKeyword.Get(keyword);
            if (value is null)
            {
                base.Remove(known.Name);
                return;
            }
            object? read = known.ReadValue(value);
            EnsureValid(known, value, read);
            base[known.Name] = KeywordText.Of(read);
        }
    }

    /// <inheritdoc/>
    public override bool ContainsKey(string keyword) => ConnectionKeyword.Find(keyword) is { } known && base.ContainsKey(known.Name);

    /// <inheritdoc/>
    public override bool Remove(string keyword) => ConnectionKeyword.Find(keyword) is { } known && base.Remove(known.Name);

    /// <inheritdoc/>
    public override bool ShouldSerialize(string keyword) => ConnectionKeyword.Find(keyword) is { } known && base.ShouldSerialize(known.Name);

    /// <summary>A keyword's value as the indexer gives it; false where there is no such keyword.</summary>
    public override bool TryGetValue(string keyword, [NotNullWhen(true)] out object? value)
    {
        ConnectionKeyword? known = ConnectionKeyword.Find(keyword);
        value = known is null ? null : Get(known) ?? NoValue;
        return value is not null;
    }

    /// <summary>True where the database is one of its own, that no name leads to.</summary>
    internal bool IsPrivate => DataSource == MemoryDataSource || (Mode == PhantomDbOpenMode.Memory && DataSource.Length == 0);

    /// <summary>Options of a database with all that is said here about it; what is not said is as by default.</summary>
    public DatabaseOptions ToDatabaseOptions()
    {
        DatabaseOptions options = new()
        {
            IsReadOnly = Mode is PhantomDbOpenMode.ReadOnly or PhantomDbOpenMode.Follow, IsFollowing = Mode == PhantomDbOpenMode.Follow,
        };
        foreach (ConnectionKeyword keyword in SetOptions)
        {
            options = keyword.Apply!(options, Get(keyword));
        }
        return options;
    }

    /// <summary>The keywords whose values, as they are said here, are not those of an open database.</summary>
    internal IEnumerable<ConnectionKeyword> DifferencesFrom(DatabaseOptions open) =>
        SetOptions.Where(keyword => keyword != ConnectionKeyword.DataDirectory && !Equals(Get(keyword), keyword.Read!(open)));

    private IEnumerable<ConnectionKeyword> SetOptions => ConnectionKeyword.All.Where(keyword => keyword.Apply is not null && base.ContainsKey(keyword.Name));

    private object? Get(ConnectionKeyword keyword) => base.TryGetValue(keyword.Name, out object? value) ? keyword.ReadValue(value)
        : keyword == ConnectionKeyword.DataDirectory ? Database.DataDirectory : keyword.Default;

    private T Get<T>(ConnectionKeyword keyword) => (T)Get(keyword)!;

    private void Set(ConnectionKeyword keyword, object? value) => this[keyword.Name] = value;

    private void SetOrNone(ConnectionKeyword keyword, object? value) => this[keyword.Name] = value ?? NoValue;

    // The engine's own validation, in the keyword's words.
    private static void EnsureValid(ConnectionKeyword keyword, object written, object? value)
    {
        if (keyword == ConnectionKeyword.DataSource && value is string source && source.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"\"{source}\" is a URI, and no data source: write {MemoryDataSource} for a database in memory, or the path alone.", keyword.Name);
        }
        if (keyword.Apply is null)
        {
            return;
        }
        try
        {
            keyword.Apply(new DatabaseOptions(), value).Validate();
        }
        catch (ArgumentException error)
        {
            throw keyword.NoValue(written, error);
        }
    }
}
