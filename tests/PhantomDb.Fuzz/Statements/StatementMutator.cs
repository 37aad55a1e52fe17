namespace PhantomDb.Fuzz.Statements;

/// <summary>Makes statements wrong, or strange, by one to four changes of their tokens, seldom of their characters.</summary>
internal sealed class StatementMutator(StatementCorpus corpus, Random random)
{
    private const int TypeFamily = 8;

    private static readonly string[][] Families =
    [
        ["inner", "left", "right", "full", "cross", "natural"],
        ["union", "intersect", "except", "union all", "intersect all", "except all"],
        ["and", "or", "and not", "or not"],
        ["=", "<>", "<", "<=", ">", ">=", "is distinct from", "is not distinct from", "+", "-", "*", "/", "%", "||", "like"],
        ["min", "max", "sum", "avg", "count", "bool_and", "bool_or", "string_agg", "stddev", "every", "abs", "length", "coalesce", "upper", "round"],
        ["asc", "desc", "asc nulls first", "desc nulls last"],
        ["in", "not in", "= any", "<> all", "between", "like", "not like", "similar to", "ilike", "~"],
        ["exists", "not exists", "array", "unique"],
        [
            "int", "integer", "smallint", "bigint", "numeric", "numeric(5,2)", "numeric(38,38)", "real", "double precision", "text", "varchar", "varchar(3)", "char(4)", "\"char\"",
            "bytea", "date", "time", "timestamp", "timestamptz", "interval", "uuid", "boolean", "int[]", "oid", "regclass", "json", "money", "void", "record", "name",
        ],
        ["select", "insert into", "update", "delete from", "values", "table", "explain", "explain analyze", "with", "truncate", "create", "drop", "alter"],
        ["limit", "offset", "group by", "order by", "having", "where", "window", "for update", "returning", "on conflict"],
        ["primary key", "unique", "not null", "null", "check", "references", "default", "generated always as identity", "foreign key"],
        ["restrict", "cascade", "no action", "set null", "set default"],
    ];

    private static readonly string[] Extremes =
    [
        "0", "-1", "1", "32767", "32768", "2147483647", "-2147483648", "2147483648", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "99999999999999999999999999999999999999", "100000000000000000000000000000000000000", "1e38", "1e-38", "1e308", "1e309", "1e-400", "0.0", "-0.0", "1e0", "0.1", "1e1000000000", "1e-1000000000",
        "''", "' '", "'a'", "'%'", "'\\'", "E'\\\\'", "'infinity'", "'-infinity'", "'nan'", "'now'", "'epoch'", "'today'", "'0001-01-01 BC'", "'294276-12-31'", "'5874897-12-31'", "'4713-01-01 BC'",
        "'2024-02-30'", "'24:00:00'", "'23:59:60'", "'1 year 2 mons -3 days 04:05:06.789'", "'178956970 years'", "'\\x'", "'\\xzz'", "'\\x00'", "'true'", "'off'", "'é😀'", "'\u0000'", "E'\\u0000'", "U&'\\+10ffff'",
        "null", "true", "false", "default", "current_date", "*", "()", "(null)", "(1,2)", "row(1,null)", "array[1,2]", "array[]::int[]", "$1", "$0", "$65536", "$99999999999", "b'1'", "x'ff'", "'{1,2}'", "'00000000-0000-0000-0000-000000000000'",
        "interval '1 month'", "date '2024-02-29'", "timestamp '2000-01-01'", "1::numeric(1000,0)", "1::varchar(0)", "'x'::char(10485760)", "(select 1)", "(select 1, 2)", "(select null where false)",
    ];

    private static readonly Dictionary<string, string[]> FamilyOf = Families
        .SelectMany(family => family.Select(member => (member, family)))
        .GroupBy(pair => pair.member).ToDictionary(group => group.Key, group => group.First().family);

    public string Mutate(string sql)
    {
        List<string> tokens = SqlTokens.Split(sql);
        if (tokens.Count == 0)
        {
            return sql;
        }
        if (random.Next(6) == 0)
        {
            return SqlTokens.Join(tokens.Select(Nudge));
        }
        int changes = random.Next(3) > 0 ? 1 : 2 + random.Next(3);
        for (int i = 0; i < changes && tokens.Count > 0; i++)
        {
            Change(tokens);
        }
        string mutated = SqlTokens.Join(tokens);
        mutated = random.Next(12) == 0 ? Wrap(mutated) : mutated;
        return mutated.Length > 0 && random.Next(15) == 0 ? ChangeCharacters(mutated) : mutated;
    }

    /// <summary>Another literal of the same kind: the statement that a kept plan must not take for the one before.</summary>
    private string Nudge(string token)
    {
        if (!SqlTokens.IsLiteral(token) || token.Length < 2 && token[0] == '\'' || random.Next(2) == 0)
        {
            return token;
        }
        int last = token[0] == '\'' ? token.Length - 2 : token.Length - 1;
        return char.IsAsciiDigit(token[last]) ? $"{token[..last]}{random.Next(10)}{token[(last + 1)..]}" : token;
    }

    private void Change(List<string> tokens)
    {
        int at = random.Next(tokens.Count);
        switch (random.Next(24))
        {
            case 0:
                tokens.RemoveRange(at, Math.Min(Length(), tokens.Count - at));
                break;
            case 1:
                tokens.InsertRange(at, tokens.GetRange(at, Math.Min(Length(), tokens.Count - at)));
                break;
            case 2:
                int other = random.Next(tokens.Count);
                (tokens[at], tokens[other]) = (tokens[other], tokens[at]);
                break;
            case 3:
                tokens[at] = Pick(corpus.Words);
                break;
            case 4 or 5:
                Splice(tokens, at);
                break;
            case 6:
                tokens.Insert(at, Pick(Pick(Families)));
                break;
            case 7:
                Nest(tokens, at);
                break;
            case 8 or 9:
                tokens.Insert(at + 1, "::" + Pick(Families[TypeFamily]));
                break;
            case < 14:
                Replace(tokens, at, SqlTokens.IsLiteral, _ => Pick(Extremes));
                break;
            case < 18:
                Replace(tokens, at, token => FamilyOf.ContainsKey(token.ToLowerInvariant()), token => Pick(FamilyOf[token.ToLowerInvariant()]));
                break;
            case < 20:
                string[] names = [.. tokens.Where(SqlTokens.IsWord)];
                Replace(tokens, at, SqlTokens.IsWord, token => names.Length > 0 ? Pick(names) : token);
                break;
            case < 22:
                SwapExpressions(tokens);
                break;
            default:
                CallAnother(tokens, at);
                break;
        }
    }

    private static void Replace(List<string> tokens, int from, Predicate<string> match, Func<string, string> change)
    {
        int found = tokens.FindIndex(from, match);
        found = found < 0 ? tokens.FindIndex(match) : found;
        if (found >= 0)
        {
            tokens[found] = change(tokens[found]);
        }
    }

    /// <summary>Puts what stands in one pair of parentheses into another.</summary>
    private void SwapExpressions(List<string> tokens)
    {
        int[] open = [.. Enumerable.Range(0, tokens.Count).Where(i => tokens[i] == "(")];
        if (open.Length == 0)
        {
            return;
        }
        int source = Pick(open);
        int target = Pick(open);
        List<string> piece = tokens.GetRange(source, End(tokens, source) - source);
        tokens.RemoveRange(target, End(tokens, target) - target);
        tokens.InsertRange(target, piece);
    }

    private static int End(List<string> tokens, int open)
    {
        int depth = 0;
        for (int i = open; i < tokens.Count; i++)
        {
            depth += tokens[i] == "(" ? 1 : tokens[i] == ")" ? -1 : 0;
            if (depth == 0)
            {
                return i + 1;
            }
        }
        return tokens.Count;
    }

    /// <summary>Another function where one is called, or a function around a value.</summary>
    private void CallAnother(List<string> tokens, int at)
    {
        int call = tokens.FindIndex(at, token => token == "(") - 1;
        if (call >= 0 && SqlTokens.IsWord(tokens[call]) && random.Next(2) == 0)
        {
            tokens[call] = Pick(corpus.Functions);
            return;
        }
        Replace(tokens, at, token => SqlTokens.IsLiteral(token), token => random.Next(2) == 0
            ? $"{Pick(corpus.Functions)}({token})" : $"{Pick(corpus.Functions)}({token}, {Pick(Extremes)}{(random.Next(3) == 0 ? ", " + Pick(Extremes) : "")})");
    }

    private void Splice(List<string> tokens, int at)
    {
        List<string> other = SqlTokens.Split(Pick(corpus.All));
        int from = random.Next(other.Count);
        List<string> piece = other.GetRange(from, Math.Min(Length() + 2, other.Count - from));
        if (random.Next(2) == 0)
        {
            tokens.RemoveRange(at, Math.Min(piece.Count, tokens.Count - at));
        }
        tokens.InsertRange(Math.Min(at, tokens.Count), piece);
    }

    private void Nest(List<string> tokens, int at)
    {
        int depth = Pick([1, 3, 30, 300, 3000, 20000]);
        (string before, string after) = Pick<(string, string)>(
        [
            ("(", ")"), ("not ", ""), ("- ", ""), ("(select ", ")"), ("case when true then ", " end"), ("coalesce(", ")"), ("(1 + ", ")"), ("abs(", ")"), ("", "::text"),
            ("", " + 1"), ("", " and true"), ("", " || 'x'"), ("exists (select ", ")"), ("array[", "]"), ("(select * from (", ") as q)"), ("row(", ")"), ("cast(", " as text)"),
            ("", ", 1"), ("", " union all select 1"), ("1 in (", ")"), ("with q as (select 1) ", ""), ("", "[1]"), ("", ".x"), ("", " is null"), ("", " collate \"C\""), ("explain ", ""),
        ]);
        if (before.Length + after.Length > 5)
        {
            depth = Math.Min(depth, 3000);
        }
        tokens[at] = new string([.. Enumerable.Repeat(before, depth).SelectMany(text => text)]) + tokens[at] + new string([.. Enumerable.Repeat(after, depth).SelectMany(text => text)]);
    }

    private string Wrap(string sql) => Pick<Func<string>>(
    [
        () => $"select * from ({sql}) as wrapped", () => $"explain {sql}", () => $"explain analyze {sql}", () => $"select exists ({sql})", () => $"select ({sql})", () => $"with wrapped as ({sql}) select * from wrapped, wrapped as again",
        () => $"create table wrapped as {sql}", () => $"create view wrapped as {sql}", () => $"({sql}) union all ({sql})", () => $"select 1 where 1 in ({sql})", () => $"{sql}; {sql}", () => $"with recursive r as ({sql} union select * from r) select * from r",
        () => $"prepare p as {sql}", () => $"select count(*) from ({sql}) as wrapped group by ()", () => $"create table wrapped (x int default ({sql}))", () => $"select * from a, lateral ({sql}) as l", () => $"copy ({sql}) to stdout",
    ])();

    private string ChangeCharacters(string sql)
    {
        char[] characters = sql.ToCharArray();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            characters[random.Next(characters.Length)] = random.Next(4) switch
            {
                0 => (char)random.Next(1, 128),
                1 => (char)random.Next(0x10000),
                2 => Pick<char>(['\'', '"', '(', ')', ';', '\0', '\\', '$', '-', '/', '*', '\uFFFE', '\uD800', ',', ':', '[', '\n', '\u00A0']),
                _ => characters[random.Next(characters.Length)],
            };
        }
        string changed = new(characters);
        return random.Next(6) == 0 ? changed[..random.Next(changed.Length)] : changed;
    }

    private int Length() => 1 + random.Next(random.Next(1, 9));

    private T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
