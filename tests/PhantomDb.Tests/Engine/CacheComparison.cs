using System.Text;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>Two databases that get the same statements, one with a plan cache and one without: all that can be seen must be the same.</summary>
internal sealed partial class CacheComparison : IDisposable
{
    private readonly Database _cached = Database.CreateInMemory(new DatabaseOptions { WorkMemory = 64 << 20 });
    private readonly Database _plain = Database.CreateInMemory(new DatabaseOptions { WorkMemory = 64 << 20, PlanCacheSize = 0 });
    private readonly Session _cachedSession;
    private readonly Session _plainSession;

    public CacheComparison()
    {
        _cachedSession = _cached.OpenSession();
        _plainSession = _plain.OpenSession();
    }

    public long HitCount => _cachedSession.Plans.HitCount;

    /// <summary>False for a statement that may give another answer each time, or works outside of the database.</summary>
    public static bool IsRepeatable(string sql) => !Unrepeatable().IsMatch(sql);

    public void Run(string sql) => Assert.AreEqual(Outcome(_plainSession, sql), Outcome(_cachedSession, sql), sql);

    public void Dispose()
    {
        _cachedSession.Dispose();
        _plainSession.Dispose();
        _cached.Dispose();
        _plain.Dispose();
    }

    private static string Outcome(Session session, string sql)
    {
        StringBuilder text = new();
        try
        {
            using QueryResult result = session.Execute(sql);
            text.AppendJoin(" | ", result.Columns.Select(c => $"{c.Name} {c.TypeName}")).Append('\n');
            List<string> rows = [];
            while (result.Read())
            {
                rows.Add(string.Join(" | ", result.Columns.Select((_, i) => result.IsNull(i) ? "NULL" : $"'{result.GetText(i)}'")));
            }
            if (!sql.Contains("order by", StringComparison.OrdinalIgnoreCase))
            {
                rows.Sort(StringComparer.Ordinal);   // an index may give them in another order than a scan
            }
            text.AppendJoin('\n', rows);
            return text.Append($"{result.CommandTag} {result.RowsAffected}").ToString();
        }
        catch (PhantomDbException error)
        {
            return text.Append($"{error.SqlState} {error.Message} at {error.Position}; {error.Detail}; {error.Hint}; {error.TableName} {error.ColumnName} {error.ConstraintName}").ToString();
        }
    }

    [GeneratedRegex(@"random|clock|now\b|current_|localtime|uuid|timeofday|today|tomorrow|yesterday|\bcopy\b|\bdatabase\b|setseed|pg_sleep|explain|statement_timeout|work_mem|load", RegexOptions.IgnoreCase)]
    private static partial Regex Unrepeatable();
}

/// <summary>Puts other literals into a statement, now and then of another kind.</summary>
internal sealed partial class LiteralChanges(int seed)
{
    private readonly Random _random = new(seed);

    public string Apply(string sql)
    {
        if (sql.Contains("recursive", StringComparison.OrdinalIgnoreCase))
        {
            return sql;   // it might not end
        }
        bool isHarmless = !Generators().IsMatch(sql);
        return LiteralPattern().Replace(sql, match => match.Value switch
        {
            _ when _random.Next(3) == 0 => match.Value,
            ['\'', ..] => ChangeString(match.Value),
            _ => ChangeNumber(match.Value, isHarmless),
        });
    }

    private string ChangeString(string literal) => _random.Next(6) switch
    {
        0 => "''",
        1 => "'x'",
        2 => "'it''s'",
        3 => "'5'",
        4 => literal.Insert(1, "1"),
        _ => literal.Insert(literal.Length - 1, " "),
    };

    private string ChangeNumber(string literal, bool isHarmless) => _random.Next(isHarmless ? 8 : 4) switch
    {
        0 => "0",
        1 => "3",
        2 => "12",
        3 => "1",
        4 => literal + ".5",
        5 => "-" + literal,
        6 => "2147483648",
        _ => "'" + literal + "'",
    };

    [GeneratedRegex(@"(?<![\w$.""'])(\d+(?![\w.])|'[^'\\]*')")]
    private static partial Regex LiteralPattern();

    [GeneratedRegex("generate_series|repeat|pad", RegexOptions.IgnoreCase)]
    private static partial Regex Generators();
}
