namespace PhantomDb;

public sealed partial class Database
{
    private DatabaseSettings? _settings;

    /// <summary>The values that sessions of this database begin with: what SET PERSIST changes. Kept with the database, in its files and its log.</summary>
    public DatabaseSettings Settings => _settings ??= new DatabaseSettings(this);
}
