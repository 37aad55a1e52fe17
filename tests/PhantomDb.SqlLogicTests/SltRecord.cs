namespace PhantomDb.SqlLogicTests;

/// <summary>One record of a script, with the line of its first word after any conditions (from 1).</summary>
public abstract record SltRecord(int Line)
{
    /// <summary>The <c>skipif</c> and <c>onlyif</c> lines before it.</summary>
    public IReadOnlyList<EngineCondition> Conditions { get; init; } = [];

    public bool AppliesTo(string engine)
    {
        foreach (var condition in Conditions)
        {
            if (condition.IsMet(engine) == false)
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary><c>skipif ENGINE</c> (Only is false) or <c>onlyif ENGINE</c>.</summary>
public sealed record EngineCondition(bool Only, string Engine)
{
    public bool IsMet(string engine) => string.Equals(Engine, engine, StringComparison.OrdinalIgnoreCase) == Only;
}

/// <summary><c>statement ok</c>, <c>statement count N</c> or <c>statement error [SQLSTATE | pattern]</c>.</summary>
/// <param name="Line">See <see cref="SltRecord"/>.</param>
/// <param name="Sql">The statement, lines joined by a newline.</param>
/// <param name="ExpectsError">True for <c>statement error</c>.</param>
/// <param name="ExpectedError">Five characters A-Z and 0-9: the SQLSTATE; anything else: a regular expression over the message; null: any error.</param>
/// <param name="ExpectedCount">Rows affected; null: not compared.</param>
public sealed record SltStatement(int Line, string Sql, bool ExpectsError, string? ExpectedError, long? ExpectedCount) : SltRecord(Line);

/// <summary>A query of either dialect.</summary>
/// <param name="Line">See <see cref="SltRecord"/>.</param>
/// <param name="Sql">The query, lines joined by a newline.</param>
/// <param name="ValueTypes">Letters T, I, R, one a column: values one a line. Null: rows, columns separated by a bar.</param>
/// <param name="Sort">What is sorted before comparing.</param>
/// <param name="Label">Queries with the same label must give the same result.</param>
/// <param name="ShowsNames">Rows only: the first expected line is the column names.</param>
/// <param name="ShowsTypes">Rows only: the first (after names: second) expected line is the column types.</param>
/// <param name="Expected">Expected lines; null when the record has no <c>----</c> and only has to run.</param>
public sealed record SltQuery(
    int Line,
    string Sql,
    string? ValueTypes,
    SortMode Sort,
    string? Label,
    bool ShowsNames,
    bool ShowsTypes,
    IReadOnlyList<string>? Expected) : SltRecord(Line);

/// <summary><c>halt</c>: the rest of the file is not run.</summary>
public sealed record SltHalt(int Line) : SltRecord(Line);

/// <summary><c>hash-threshold N</c>: recorded results of more than N values become a hash (0: never).</summary>
public sealed record SltHashThreshold(int Line, int ValueCountMax) : SltRecord(Line);

/// <summary><c>load NAME</c>: runs the script that creates and fills a sample database.</summary>
public sealed record SltLoad(int Line, string Dataset) : SltRecord(Line);

/// <summary>The third word of a query record.</summary>
public enum SortMode
{
    /// <summary>The order of the database counts.</summary>
    None,

    /// <summary>Rows are sorted, value by value, in byte order.</summary>
    Rows,

    /// <summary>All values are sorted, without regard to their rows.</summary>
    Values,
}
