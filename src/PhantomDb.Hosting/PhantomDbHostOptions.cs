using PhantomDb.Data;

namespace PhantomDb.Hosting;

/// <summary>
/// How a host runs one of its databases. As the options of any service: set where the database is added, or in the configuration, where the section <c>PhantomDb:NAME</c> has the
/// keywords of a connection string besides <see cref="MustExist"/> and <see cref="SnapshotAgeMax"/>, and <c>ConnectionStrings:NAME</c> a whole one. What is set in code counts more.
/// </summary>
public sealed class PhantomDbHostOptions
{
    /// <summary>The database's name in the data directory, or the path of its file, as for <see cref="PhantomDb.Database.Open"/>. Default: the name under which it is added.</summary>
    public string? Name { get; set; }

    /// <summary>How it is opened. A relative path, the data directory's too, begins at the host's content root.</summary>
    public DatabaseOptions Database { get; set; } = new();

    /// <summary>True: the host does not start where there is no such database. Default: false: it begins with an empty one.</summary>
    public bool MustExist { get; set; }

    /// <summary>
    /// The health check reports a database as degraded where its last snapshot is older, and something has changed since. Default: null: three times
    /// <see cref="DatabaseOptions.SnapshotPeriod"/>, or, where there is none, any age.
    /// </summary>
    public TimeSpan? SnapshotAgeMax { get; set; }

    /// <summary>The configuration has an empty database in memory: no file is read or written, whatever <see cref="Database"/> says.</summary>
    internal bool IsEmptyInMemory { get; set; }

    /// <summary>What the configuration says about connections.</summary>
    internal PhantomDbConnectionStringBuilder Connections { get; set; } = new();
}
