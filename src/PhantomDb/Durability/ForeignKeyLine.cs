using PhantomDb.Catalog;

namespace PhantomDb.Durability;

/// <summary>A foreign key's line: understood when all tables are there.</summary>
internal sealed record ForeignKeyLine(string Name, string Text)
{
    public string? Comment { get; init; }

    /// <summary>The constraint, of a table in a catalog that has the other table too.</summary>
    public ConstraintDefinition ToConstraint(DatabaseCatalog catalog, TableDefinition table, int oid)
    {
        var text = new DefinitionText(Text);
        text.Take("FOREIGN KEY");
        List<string> columns = text.NameList();
        text.Take("REFERENCES");
        (string schema, string otherName) = text.QualifiedName();
        TableDefinition? other = catalog.FindTable(schema, otherName);
        Ensure(other is not null, $"foreign key \"{Name}\" refers to a table \"{otherName}\" that the file does not have");
        List<string> referenced = text.NameList();
        bool isMatchFull = text.TryTake("MATCH FULL");
        ReferentialAction onDelete = text.TryTake("ON DELETE") ? Action(text) : ReferentialAction.NoAction;
        ReferentialAction onUpdate = text.TryTake("ON UPDATE") ? Action(text) : ReferentialAction.NoAction;
        bool isDeferrable = text.TryTake("DEFERRABLE");
        bool isDeferred = text.TryTake("INITIALLY DEFERRED");
        bool isNotValid = text.TryTake("NOT VALID");
        text.End();
        int[] referencedNumbers = TableBuilder.Numbers(other!, referenced);
        int index = IndexOver(other!, referencedNumbers);
        Ensure(index != 0, $"foreign key \"{Name}\" refers to columns of \"{otherName}\" that have no unique constraint");
        Ensure(columns.Count == referenced.Count, $"foreign key \"{Name}\" refers to another number of columns");
        return new ConstraintDefinition(oid, Name, ConstraintKind.ForeignKey)
        {
            Columns = TableBuilder.Numbers(table, columns), ReferencedTableOid = other!.Oid, ReferencedColumns = referencedNumbers,
            ReferencedIndexOid = index, IsMatchFull = isMatchFull, OnDelete = onDelete, OnUpdate = onUpdate,
            IsDeferrable = isDeferrable, IsInitiallyDeferred = isDeferred, IsNotValid = isNotValid,
            Comment = Comment,
        };
    }

    private static int IndexOver(TableDefinition table, int[] numbers) => table.Indexes
        .FirstOrDefault(i => i is { IsAlwaysUnique: true, IsPartial: false } && i.Columns.Count == numbers.Length && i.Columns.All(c => numbers.Contains(c.ColumnNumber)))?.Oid ?? 0;

    private static ReferentialAction Action(DefinitionText text) =>
        text.TryTake("RESTRICT") ? ReferentialAction.Restrict
        : text.TryTake("CASCADE") ? ReferentialAction.Cascade
        : text.TryTake("SET NULL") ? ReferentialAction.SetNull
        : text.TryTake("SET DEFAULT") ? ReferentialAction.SetDefault
        : text.TryTake("NO ACTION") ? ReferentialAction.NoAction
        : throw new FormatException("an action of a foreign key is not known");

    private static void Ensure(bool condition, string message)
    {
        if (!condition)
        {
            throw new FormatException(message);
        }
    }
}
