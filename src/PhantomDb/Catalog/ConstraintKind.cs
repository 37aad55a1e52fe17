namespace PhantomDb.Catalog;

/// <summary>Kinds of table constraint. NOT NULL is a property of the column.</summary>
internal enum ConstraintKind : byte
{
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
}
