namespace PhantomDb.Catalog;

/// <summary>GENERATED … AS IDENTITY of a column.</summary>
internal enum IdentityKind : byte
{
    None,
    Always,
    ByDefault,
}
