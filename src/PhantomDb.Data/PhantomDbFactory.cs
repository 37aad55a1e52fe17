using System.Data.Common;

namespace PhantomDb.Data;

/// <summary>Makes the provider's objects; for <see cref="DbProviderFactories.RegisterFactory(string, DbProviderFactory)"/>.</summary>
public sealed class PhantomDbFactory : DbProviderFactory
{
    /// <summary>The one factory.</summary>
    public static readonly PhantomDbFactory Instance = new();

    private PhantomDbFactory()
    {
    }

    /// <inheritdoc/>
    public override bool CanCreateBatch => true;

    /// <inheritdoc/>
    public override DbConnection CreateConnection() => new PhantomDbConnection();

    /// <inheritdoc/>
    public override DbCommand CreateCommand() => new PhantomDbCommand();

    /// <inheritdoc/>
    public override DbParameter CreateParameter() => new PhantomDbParameter();

    /// <inheritdoc/>
    public override DbConnectionStringBuilder CreateConnectionStringBuilder() => new PhantomDbConnectionStringBuilder();

    /// <inheritdoc/>
    public override DbDataAdapter CreateDataAdapter() => new PhantomDbDataAdapter();

    /// <inheritdoc/>
    public override DbCommandBuilder CreateCommandBuilder() => new PhantomDbCommandBuilder();

    /// <inheritdoc/>
    public override DbBatch CreateBatch() => new PhantomDbBatch();

    /// <inheritdoc/>
    public override DbBatchCommand CreateBatchCommand() => new PhantomDbBatchCommand();

    /// <inheritdoc/>
    public override DbDataSource CreateDataSource(string connectionString) => new PhantomDbDataSource(connectionString);
}
