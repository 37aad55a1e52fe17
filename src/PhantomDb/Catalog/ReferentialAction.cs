namespace PhantomDb.Catalog;

/// <summary>What a foreign key does when the referenced row goes or changes.</summary>
internal enum ReferentialAction : byte
{
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}
