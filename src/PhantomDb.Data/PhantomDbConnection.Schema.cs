using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace PhantomDb.Data;

// What the database has, as ADO.NET's collections: MetaDataCollections names them, Restrictions what each can be narrowed down by.
public sealed partial class PhantomDbConnection
{
    /// <summary>The collections that there are: as <c>GetSchema("MetaDataCollections")</c>.</summary>
    /// <exception cref="InvalidOperationException">The connection is not open, or has an open reader.</exception>
    public override DataTable GetSchema() => GetSchema(DbMetaDataCollectionNames.MetaDataCollections);

    /// <summary>All of a collection.</summary>
    /// <param name="collectionName">In any letter case.</param>
    /// <exception cref="ArgumentException">There is no such collection.</exception>
    /// <exception cref="InvalidOperationException">The connection is not open, or has an open reader.</exception>
    public override DataTable GetSchema(string collectionName) => GetSchema(collectionName, []);

    /// <summary>What of a collection fits.</summary>
    /// <param name="collectionName">In any letter case.</param>
    /// <param name="restrictionValues">In the order of <c>Restrictions</c>, as many as there are or fewer; null for what need not be anything in particular.</param>
    /// <exception cref="ArgumentException">There is no such collection, or it has not so many restrictions.</exception>
    /// <exception cref="InvalidOperationException">The connection is not open, or has an open reader.</exception>
    public override DataTable GetSchema(string collectionName, string?[] restrictionValues)
    {
        ArgumentException.ThrowIfNullOrEmpty(collectionName);
        restrictionValues ??= [];
        EnsureIdle();
        SchemaCollection? collection = SchemaCollection.All.FirstOrDefault(known => known.Name.Equals(collectionName, StringComparison.OrdinalIgnoreCase));
        int restrictionCount = collection?.Restrictions.Length ?? 0;
        DataTable? table = collection is null ? SchemaTables.TryMake(collectionName, ServerVersion) : null;
        if (collection is null && table is null)
        {
            throw new ArgumentException($"There is no collection \"{collectionName}\": GetSchema() tells which there are.", nameof(collectionName));
        }
        if (restrictionValues.Length > restrictionCount)
        {
            throw new ArgumentException($"The collection \"{collection?.Name ?? table!.TableName}\" has {restrictionCount} restrictions, not {restrictionValues.Length}.", nameof(restrictionValues));
        }
        return table ?? Read(collection!, restrictionValues);
    }

    /// <inheritdoc/>
    public override Task<DataTable> GetSchemaAsync(CancellationToken cancellationToken = default) =>
        GetSchemaAsync(DbMetaDataCollectionNames.MetaDataCollections, cancellationToken);

    /// <inheritdoc/>
    public override Task<DataTable> GetSchemaAsync(string collectionName, CancellationToken cancellationToken = default) => GetSchemaAsync(collectionName, [], cancellationToken);

    /// <inheritdoc/>
    public override Task<DataTable> GetSchemaAsync(string collectionName, string?[] restrictionValues, CancellationToken cancellationToken = default) =>
        Completion.Of(cancellationToken, () => _guard?.Cancel(), _ => GetSchema(collectionName, restrictionValues));

    [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "Types of columns are those of the values that a reader gives; none is made by reflection.")]
    private DataTable Read(SchemaCollection collection, string?[] restrictionValues)
    {
        using PhantomDbCommand command = new(collection.QueryWith(restrictionValues), this);
        foreach (string value in restrictionValues.OfType<string>())
        {
            command.Parameters.AddWithValue(null, value);
        }
        using PhantomDbDataReader reader = command.ExecuteReader();
        DataTable table = SchemaTables.New(collection.Name);
        for (int i = 0; i < reader.FieldCount; i++)
        {
            table.Columns.Add(reader.GetName(i), reader.GetFieldType(i));
        }
        object[] values = new object[reader.FieldCount];
        while (reader.Read())
        {
            reader.GetValues(values);
            table.Rows.Add(values);
        }
        return table;
    }
}
