using PhantomDb.Types;

namespace PhantomDb.Catalog;

/// <summary>A sequence's definition; its position is storage's, found by <see cref="Oid"/>.</summary>
internal sealed record SequenceDefinition(int Oid, string Schema, string Name)
{
    public SqlType Type { get; init; } = SqlType.Int64;

    public long Start { get; init; } = 1;

    public long Increment { get; init; } = 1;

    public long Minimum { get; init; } = 1;

    public long Maximum { get; init; } = long.MaxValue;

    public int Cache { get; init; } = 1;

    public bool Cycles { get; init; }

    /// <summary>Table and storage number of the column that owns it (serial, identity, OWNED BY); 0 where there is none.</summary>
    public int OwnerTableOid { get; init; }

    public int OwnerColumnNumber { get; init; }

    public int Version { get; init; }

    public string? Comment { get; init; }

    public static long MaximumOf(SqlType type) => type.Id switch
    {
        SqlTypeId.Int16 => short.MaxValue,
        SqlTypeId.Int32 => int.MaxValue,
        _ => long.MaxValue,
    };

    public static long MinimumOf(SqlType type) => -MaximumOf(type) - 1;
}
