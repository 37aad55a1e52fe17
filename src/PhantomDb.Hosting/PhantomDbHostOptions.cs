namespace PhantomDb.Hosting;

/// <summary>How a host runs one of its databases. As the options of any service: set where the database is added, or bound to a section of the configuration.</summary>
public sealed class PhantomDbHostOptions
{
    /// <summary>The database's name in the data directory, or the path of its file, as for <see cref="PhantomDb.Database.Open"/>. Default: the name under which it is added.</summary>
    public string? Name { get; set; }

    /// <summary>How it is opened. A relative path, the data directory's too, begins at the host's content root.</summary>
    public DatabaseOptions Database { get; set; } = new();

    /// <summary>True: the host does not start where there is no such database. Default: false: it begins with an empty one.</summary>
    public bool MustExist { get; set; }
}
