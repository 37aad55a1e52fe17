using System.Collections.Immutable;

namespace PhantomDb.Fuzz.Compare;

/// <summary>
/// A column as the generator knows it. <paramref name="Type"/> is the type's short name, <paramref name="IsKeyPart"/> says that some
/// unique index has it: an UPDATE of several rows then gives it a constant, so that no order of rows matters.
/// </summary>
internal sealed record ComparedColumn(string Name, string Type, string Declared, bool IsKeyPart = false, bool IsGenerated = false)
{
    public bool IsNotNull => Name == "id" || Declared.EndsWith("not null", StringComparison.Ordinal);
}

/// <summary>A table as the generator knows it; <paramref name="Key"/> are the columns that ON CONFLICT may name.</summary>
internal sealed record ComparedTable(string Name, ImmutableList<ComparedColumn> Columns, ImmutableList<string> Key, bool HasDeferrableKey, ImmutableList<string> Indexes, ImmutableList<string> Constraints);

/// <summary>Tables as the generator believes them to be. Immutable, so that a rollback brings an older one back.</summary>
internal sealed record ComparedSchema(ImmutableList<ComparedTable> Tables)
{
    public ComparedSchema With(ComparedTable old, ComparedTable changed) => new(Tables.Replace(old, changed));
}
