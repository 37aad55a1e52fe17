using System.Globalization;

namespace PhantomDb.Benchmarks.Tpch;

/// <summary>The 22 queries with the specification's validation parameters, from tests/sql/tpch.</summary>
internal static class TpchQueries
{
    public const int Count = 22;

    /// <summary>The text of a query (1 to 22), without its last semicolon. Q11 has a fraction that depends on the scale factor.</summary>
    public static string Text(int number, double scaleFactor)
    {
        using Stream resource = typeof(TpchQueries).Assembly.GetManifestResourceStream($"tpch/q{number:00}")
            ?? throw new InvalidOperationException($"query {number} is not in the program");
        using var reader = new StreamReader(resource);
        string sql = reader.ReadToEnd();
        sql = sql[(sql.IndexOf('\n') + 1)..].TrimEnd().TrimEnd(';');   // the first line is a comment
        return number == 11
            ? sql.Replace("0.0001", (0.0001m / (decimal)scaleFactor).ToString("0.0###############", CultureInfo.InvariantCulture))
            : sql;
    }
}
