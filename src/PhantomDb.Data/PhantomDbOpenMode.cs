namespace PhantomDb.Data;

/// <summary>How a connection opens its database.</summary>
public enum PhantomDbOpenMode
{
    /// <summary>For reading and writing; one that is not there is begun, empty. The default.</summary>
    ReadWriteCreate,

    /// <summary>For reading and writing; one that is not there is an error (58P01).</summary>
    ReadWrite,

    /// <summary>As its files are now, beside whoever writes to them; nothing can be changed.</summary>
    ReadOnly,

    /// <summary>In memory alone. Connections with the same data source share it, for as long as one of them, or a data source, is open.</summary>
    Memory,

    /// <summary>Read only, going on with the log as another process writes it.</summary>
    Follow,
}
