namespace PhantomDb.Catalog;

/// <summary>A schema: a name space of tables, views, sequences and indexes.</summary>
internal sealed record SchemaDefinition(int Oid, string Name)
{
    public string? Comment { get; init; }
}
