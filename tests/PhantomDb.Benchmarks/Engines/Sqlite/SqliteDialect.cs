using System.Text.RegularExpressions;

namespace PhantomDb.Benchmarks.Engines.Sqlite;

/// <summary>
/// The few differences between PostgreSQL's dialect and SQLite's that the workloads meet. In SQLite dates are text and decimals are
/// REAL; an integer primary key must be spelled INTEGER to be the row id, which is SQLite's best.
/// </summary>
internal static partial class SqliteDialect
{
    public static string Translate(string sql)
    {
        sql = Parameter().Replace(sql, "?$1");
        sql = DateLiteral().Replace(sql, "'$1'");
        sql = ExtractYear().Replace(sql, "cast(substr($1, 1, 4) as integer)");
        sql = Substring().Replace(sql, "substr($1, $2, $3)");
        sql = Numeric().Replace(sql, "real");
        return IntegerKey().Replace(sql, "integer primary key");
    }

    [GeneratedRegex(@"\$(\d+)")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\bdate\s+'([0-9-]+)'", RegexOptions.IgnoreCase)]
    private static partial Regex DateLiteral();

    [GeneratedRegex(@"\bextract\s*\(\s*year\s+from\s+(\w+)\s*\)", RegexOptions.IgnoreCase)]
    private static partial Regex ExtractYear();

    [GeneratedRegex(@"\bsubstring\s*\(\s*(\w+)\s+from\s+(\d+)\s+for\s+(\d+)\s*\)", RegexOptions.IgnoreCase)]
    private static partial Regex Substring();

    [GeneratedRegex(@"\bnumeric\s*\([0-9, ]+\)", RegexOptions.IgnoreCase)]
    private static partial Regex Numeric();

    [GeneratedRegex(@"\b(?:bigint|integer|int)\s+(?:not\s+null\s+)?primary\s+key", RegexOptions.IgnoreCase)]
    private static partial Regex IntegerKey();
}
