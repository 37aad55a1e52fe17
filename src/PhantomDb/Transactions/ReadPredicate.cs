using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>
/// What a SERIALIZABLE transaction has asked of a table, so that at its commit it can be seen whether the answer would be
/// another by now. What a condition is, is Execution's business.
/// </summary>
internal abstract class ReadPredicate(TableStore table)
{
    public TableStore Table => table;

    /// <summary>A buffer for the columns that <see cref="Matches"/> looks at.</summary>
    public abstract RowBuffer Row { get; }

    /// <summary>True where a row with the buffer's values would have been read.</summary>
    public abstract bool Matches(RowBuffer row);

    /// <summary>True where this is the same as another, which makes noting it again needless.</summary>
    public abstract bool Covers(ReadPredicate other);
}

/// <summary>The whole table was read.</summary>
internal sealed class WholeTablePredicate(TableStore table) : ReadPredicate(table)
{
    public override RowBuffer Row { get; } = new();

    public override bool Matches(RowBuffer row) => true;

    public override bool Covers(ReadPredicate other) => ReferenceEquals(other.Table, Table);
}
