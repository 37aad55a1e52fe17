namespace PhantomDb.Catalog;

/// <summary>A constraint of a table: its structure as data, only a check's expression as SQL text.</summary>
internal sealed record ConstraintDefinition(int Oid, string Name, ConstraintKind Kind)
{
    /// <summary>Storage numbers of the constrained columns, in the order of the definition; for a check, those it reads.</summary>
    public IReadOnlyList<int> Columns { get; init; } = [];

    /// <summary>SQL text of a check's expression.</summary>
    public string? CheckText { get; init; }

    /// <summary>Index that enforces a primary key or unique constraint.</summary>
    public int IndexOid { get; init; }

    /// <summary>Table that a foreign key refers to.</summary>
    public int ReferencedTableOid { get; init; }

    /// <summary>Storage numbers of the referenced columns, matching <see cref="Columns"/>.</summary>
    public IReadOnlyList<int> ReferencedColumns { get; init; } = [];

    /// <summary>Unique index of the referenced table that a foreign key uses.</summary>
    public int ReferencedIndexOid { get; init; }

    public ReferentialAction OnDelete { get; init; }

    public ReferentialAction OnUpdate { get; init; }

    public bool IsMatchFull { get; init; }

    public bool IsDeferrable { get; init; }

    public bool IsInitiallyDeferred { get; init; }

    /// <summary>NOT VALID: rows from before the check or foreign key need not fulfil it.</summary>
    public bool IsNotValid { get; init; }

    public string? Comment { get; init; }
}
