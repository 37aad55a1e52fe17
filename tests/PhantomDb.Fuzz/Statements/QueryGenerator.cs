namespace PhantomDb.Fuzz.Statements;

/// <summary>
/// Makes queries at random over <see cref="SampleTables.EveryType"/>: expressions of every type that mostly type-check, joins
/// of every kind, subqueries, grouping, set operations. Mutation of scripts alone seldom gives conditions that are both right
/// and unusual, which is where wrong answers come from.
/// </summary>
internal sealed class QueryGenerator(Random random)
{
    private enum Kind
    {
        Int,
        Big,
        Numeric,
        Double,
        Text,
        Date,
        Timestamp,
        Interval,
        Boolean,
    }

    private sealed record Column(string Name, Kind Kind);

    private static readonly Dictionary<string, Column[]> Tables = new()
    {
        ["a"] =
        [
            new("id", Kind.Int), new("i2", Kind.Int), new("i8", Kind.Big), new("n", Kind.Numeric), new("m", Kind.Numeric), new("r", Kind.Double),
            new("d", Kind.Double), new("t", Kind.Text), new("v", Kind.Text), new("c", Kind.Text), new("dt", Kind.Date), new("ts", Kind.Timestamp),
            new("iv", Kind.Interval), new("f", Kind.Boolean),
        ],
        ["b"] =
        [
            new("id", Kind.Int), new("a_id", Kind.Int), new("k", Kind.Int), new("t", Kind.Text), new("n", Kind.Numeric), new("dt", Kind.Date), new("f", Kind.Boolean),
        ],
        ["c"] = [new("k", Kind.Int), new("t", Kind.Text), new("i8", Kind.Big), new("ts", Kind.Timestamp), new("d", Kind.Double)],
        ["e"] = [new("k", Kind.Int), new("t", Kind.Text)],
        ["w"] = [new("id", Kind.Int), new("t", Kind.Text), new("n", Kind.Numeric), new("k", Kind.Int)],
    };

    private static readonly string[] TableNames = ["a", "a", "b", "b", "c", "c", "e", "w"];
    private static readonly string[] Comparisons = ["=", "=", "<>", "<", "<=", ">", ">=", "is distinct from", "is not distinct from"];
    private static readonly Kind[] Kinds = Enum.GetValues<Kind>();

    private int _aliases;

    public string Query()
    {
        _aliases = 0;
        return random.Next(13) switch
        {
            12 => ByKey(),
            0 or 1 => SetOperation(),
            2 => Ordered(),
            3 => Windows(),
            4 => GroupingSets(),
            5 => $"with q(k, t) as ({Select(2, [], [Kind.Int, Kind.Text], plain: true)}) select q.k, r.t from q join q as r on q.k = r.k or q.t = r.t where {Condition(1, [new("q.k", Kind.Int), new("r.t", Kind.Text)])}",
            6 => Lateral(),
            _ => Select(3, [], null),
        };
    }

    /// <summary>INSERT, UPDATE or DELETE.</summary>
    public string Modification()
    {
        _aliases = 0;
        List<Column> scope = [];
        string table = Pick(["a", "b", "c", "e"]);
        Column[] columns = Tables[table];
        scope.AddRange(columns.Select(column => column with { Name = $"{table}.{column.Name}" }));
        string where = Chance(6) ? "" : $" where {Condition(2, scope)}";
        switch (random.Next(4))
        {
            case 0:
                return $"delete from {table}{where}{Returning(table)}";
            case 1:
            {
                Column[] some = [.. columns.Where(_ => Chance(2))];
                some = some.Length == 0 ? columns : some;
                return $"insert into {table} ({Names(some)}) select {string.Join(", ", some.Select(c => Value(c.Kind, 1, [])))} from generate_series(1, {random.Next(1, 4)}) as g(i)"
                    + (Chance(3) ? " on conflict do nothing" : "") + Returning(table);
            }
            default:
            {
                Column[] some = [.. columns.Where(_ => Chance(3))];
                some = some.Length == 0 ? [columns[^1]] : some;
                return $"update {table} set {string.Join(", ", some.Select(c => $"{c.Name} = {Value(c.Kind, 2, scope)}"))}{where}{Returning(table)}";
            }
        }
    }

    private string Returning(string table) => Chance(3) ? $" returning {table}.*" : "";

    private static string Names(IEnumerable<Column> columns) => string.Join(", ", columns.Select(column => column.Name));

    /// <summary>
    /// One row by its key, whole or in part, with constants beside columns and alone: what runs without operators, where a list
    /// without a column is a case of its own.
    /// </summary>
    private string ByKey()
    {
        (string table, string key) = Pick([("a", "id"), ("b", "id"), ("c", "k")]);
        Column[] columns = [.. Tables[table].Select(column => column with { Name = $"{table}.{column.Name}" })];
        string[] items = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Chance(3) ? Pick(columns).Name : Literal(Pick(Kinds)))];
        return $"select {string.Join(", ", items)} from {table} where {key} = {random.Next(-1, 8)}{(Chance(4) ? $" and {Condition(1, [.. columns])}" : "")}";
    }

    private string SetOperation()
    {
        Kind[] kinds = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pick(Kinds))];
        string operation = Pick(["union", "union all", "intersect", "intersect all", "except", "except all"]);
        return $"({Select(2, [], kinds)}) {operation} ({Select(2, [], kinds)})";
    }

    /// <summary>Sorted by all that it shows: which rows a limit leaves is certain.</summary>
    private string Ordered()
    {
        int count = random.Next(1, 4);
        string keys = string.Join(", ", Enumerable.Range(1, count).Select(i => $"{i}{Pick(["", " desc", " nulls first", " desc nulls last"])}"));
        string limit = Chance(3) ? "" : $" limit {random.Next(12)}";
        string offset = Chance(3) ? $" offset {random.Next(6)}" : "";
        return Select(2, [], [.. Enumerable.Range(0, count).Select(_ => Pick(Kinds))], plain: true) + $" order by {keys}{limit}{offset}";
    }

    /// <summary>Window functions whose value does not depend on the order among peers.</summary>
    private string Windows()
    {
        List<Column> scope = [];
        string from = From(2, [], scope);
        string[] items = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
        {
            string function = Pick(["rank()", "dense_rank()", "percent_rank()", "cume_dist()", "count(*)", $"sum({Value(Kind.Int, 1, scope)})", $"min({Value(Kind.Text, 1, scope)})",
                $"max({Value(Kind.Date, 1, scope)})", $"avg({Value(Kind.Numeric, 0, scope)})", $"count({Pick(scope).Name}) filter (where {Condition(1, scope)})"]);
            string partition = Chance(2) ? $"partition by {Value(Pick(Kinds), 1, scope)} " : "";
            string order = Chance(3) ? "" : $"order by {Pick(scope).Name}{Pick(["", " desc", " nulls first"])}";
            string frame = order.Length == 0 || !Chance(3) ? "" : Pick([" range between unbounded preceding and unbounded following", " range between current row and unbounded following", " groups between 1 preceding and 1 following", " groups between 2 preceding and current row exclude group"]);
            frame = function.Contains("rank", StringComparison.Ordinal) || function.Contains("dist", StringComparison.Ordinal) ? "" : frame;
            return $"{function} over ({partition}{order}{frame})";
        })];
        return $"select {Pick(scope).Name} as k, {string.Join(", ", items)} from {from}{(Chance(2) ? "" : $" where {Condition(1, scope)}")}";
    }

    private string GroupingSets()
    {
        List<Column> scope = [];
        string from = From(2, [], scope);
        string first = Pick(scope).Name;
        string second = Pick(scope).Name;
        string sets = Pick([$"rollup ({first}, {second})", $"cube ({first}, {second})", $"grouping sets (({first}), ({second}), ())", $"{first}, grouping sets ({second}, ())"]);
        return $"select {first}, {second}, grouping({first}, {second}), {Aggregate(scope)}, {Aggregate(scope)} from {from}{(Chance(2) ? "" : $" where {Condition(1, scope)}")} group by {sets}";
    }

    private string Lateral()
    {
        List<Column> scope = [];
        string from = From(2, [], scope);
        Kind kind = Pick(Kinds);
        string join = Pick([", lateral", " left join lateral", " cross join lateral"]);
        string query = Select(2, scope, [kind, Kind.Int], plain: true);
        scope.Add(new Column("z.c0", kind));
        return $"select {Value(kind, 1, scope)}, z.c1 from {from}{join} ({query}) as z{(join.Contains("left", StringComparison.Ordinal) ? $" on {Condition(1, scope)}" : "")}{(Chance(2) ? "" : $" where {Condition(1, scope)}")}";
    }

    private string Select(int depth, List<Column> outer, Kind[]? kinds, bool plain = false)
    {
        List<Column> own = [];
        string from = From(depth, outer, own);
        List<Column> scope = [.. own, .. own, .. outer];
        kinds ??= [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pick(Kinds))];
        string where = Chance(4) ? "" : $" where {Condition(depth, scope)}";
        if (outer.Count == 0 && !plain && Chance(4))
        {
            Column[] keys = [.. Enumerable.Range(0, random.Next(0, 3)).Select(_ => Pick(own)).Distinct()];
            string items = string.Join(", ", keys.Select(key => key.Name).Concat(kinds.Select(_ => Aggregate(own))));
            string group = keys.Length == 0 ? "" : $" group by {Names(keys)}";
            string having = Chance(4) ? $" having {Aggregate(own)} is not null" : "";
            return $"select {items} from {from}{where}{group}{having}";
        }
        string distinct = Chance(8) ? "distinct " : "";
        return $"select {distinct}{string.Join(", ", kinds.Select((kind, i) => $"{Value(kind, depth - 1, scope)} as c{i}"))} from {from}{where}";
    }

    private string From(int depth, List<Column> outer, List<Column> own)
    {
        string from = Item(depth, outer, own);
        for (int joins = random.Next(Math.Max(1, depth)); joins > 0; joins--)
        {
            string kind = Pick(["join", "join", "left join", "right join", "full join", "cross join"]);
            from += $" {kind} {Item(depth, outer, own)}";
            if (kind != "cross join")
            {
                // FULL JOIN takes only conditions that it can hash or merge on.
                from += kind == "full join" ? $" on {Equality(own)}" : $" on {(Chance(2) ? Equality(own) : Condition(1, own))}";
            }
        }
        return from;
    }

    private string Item(int depth, List<Column> outer, List<Column> own)
    {
        string alias = $"x{_aliases++}";
        if (depth > 1 && Chance(7))
        {
            Kind[] kinds = [.. Enumerable.Range(0, 3).Select(_ => Pick(Kinds))];
            string query = Select(depth - 1, [], kinds);
            if (query.Contains(" as c0", StringComparison.Ordinal))
            {
                own.AddRange(kinds.Select((kind, i) => new Column($"{alias}.c{i}", kind)));
                return $"({query}) as {alias}";
            }
        }
        string table = Pick(TableNames);
        own.AddRange(Tables[table].Select(column => column with { Name = $"{alias}.{column.Name}" }));
        return $"{table} as {alias}";
    }

    private string Equality(List<Column> scope)
    {
        Kind kind = Pick(scope).Kind;
        Column[] same = [.. scope.Where(column => column.Kind == kind)];
        return $"{same[0].Name} = {same[^1].Name}";
    }

    private string Condition(int depth, List<Column> scope)
    {
        if (depth <= 0)
        {
            return Comparison(0, scope);
        }
        switch (random.Next(14))
        {
            case 0 or 1:
                return $"({Condition(depth - 1, scope)} and {Condition(depth - 1, scope)})";
            case 2 or 3:
                return $"({Condition(depth - 1, scope)} or {Condition(depth - 1, scope)})";
            case 4:
                return $"not ({Condition(depth - 1, scope)})";
            case 5:
                return $"{Pick(scope).Name} is {Pick(["", "not "])}null";
            case 6:
                return $"{Pick(["", "not "])}exists ({Select(depth - 1, scope, [Kind.Int])})";
            case 7:
            {
                Kind kind = Pick(Kinds);
                return $"{Value(kind, 1, scope)} {Pick(["in", "not in", "= any", "< all", ">= any", "<> all"])} ({Select(depth - 1, scope, [kind])})";
            }
            case 8:
            {
                Kind kind = Pick(Kinds);
                return $"{Value(kind, 1, scope)} {Pick(["in", "not in"])} ({string.Join(", ", Enumerable.Range(0, random.Next(1, 5)).Select(_ => Chance(8) ? "null" : Literal(kind)))})";
            }
            case 9:
            {
                Kind kind = Pick(Kinds);
                return $"{Value(kind, 1, scope)} {Pick(["", "not "])}between {Pick(["", "symmetric "])}{Value(kind, 1, scope)} and {Value(kind, 1, scope)}";
            }
            case 10:
                return $"{Value(Kind.Text, 1, scope)} {Pick(["like", "not like", "ilike"])} {Pick(["'b%'", "'%x_'", "'_'", "''", "'%'", "'b_'"])}";
            case 11:
                return $"({Condition(depth - 1, scope)}) is {Pick(["", "not "])}{Pick(["true", "false", "unknown"])}";
            default:
                return Comparison(depth - 1, scope);
        }
    }

    private string Comparison(int depth, List<Column> scope)
    {
        Kind kind = Pick(Kinds);
        Kind other = kind is Kind.Int or Kind.Big or Kind.Numeric or Kind.Double ? Pick([Kind.Int, Kind.Big, Kind.Numeric, Kind.Double]) : kind;
        return $"{Value(kind, depth, scope)} {Pick(Comparisons)} {Value(other, depth, scope)}";
    }

    private string Value(Kind kind, int depth, List<Column> scope)
    {
        Column[] columns = [.. scope.Where(column => column.Kind == kind)];
        if (columns.Length > 0 && (depth <= 0 || Chance(2)))
        {
            return Pick(columns).Name;
        }
        if (depth <= 0 || Chance(4))
        {
            return Chance(12) ? $"cast(null as {TypeName(kind)})" : Literal(kind);
        }
        string V(Kind of) => Value(of, depth - 1, scope);
        switch (random.Next(10))
        {
            case 0:
                return $"case when {Condition(depth - 1, scope)} then {V(kind)} else {V(kind)} end";
            case 1:
                return $"coalesce({V(kind)}, {V(kind)})";
            case 2:
                return $"nullif({V(kind)}, {V(kind)})";
            case 3:
                return $"{Pick(["greatest", "least"])}({V(kind)}, {V(kind)})";
            case 4 when depth > 1:
                return $"(select {Pick(["min", "max"])}({Cast(kind)}) from ({Select(depth - 1, scope, [kind == Kind.Boolean ? Kind.Int : kind])}) as s(c0){(Chance(2) ? "" : $" where {Condition(0, scope)}")})";
        }
        return kind switch
        {
            Kind.Int => Pick([$"{V(kind)} + {V(kind)}", $"{V(kind)} - {V(kind)}", $"{V(kind)} % nullif({V(kind)}, 0)", $"length({V(Kind.Text)})", $"-({V(kind)})", $"({V(Kind.Date)} - {V(Kind.Date)})", $"{V(kind)}::smallint::int"]),
            Kind.Big => Pick([$"{V(Kind.Int)} + {V(kind)}", $"{V(kind)} / nullif({V(Kind.Int)}, 0)", $"{V(Kind.Int)}::bigint * {V(Kind.Int)}", $"abs({V(kind)})"]),
            Kind.Numeric => Pick([$"{V(kind)} + {V(Kind.Int)}", $"{V(kind)} * {V(kind)}", $"{V(kind)} / nullif({V(kind)}, 0)", $"round({V(kind)}, {random.Next(-1, 4)})", $"trunc({V(kind)})", $"{V(Kind.Big)} - {V(kind)}", $"mod({V(kind)}, nullif({V(kind)}, 0))"]),
            Kind.Double => Pick([$"{V(kind)} + {V(kind)}", $"{V(kind)} * {V(Kind.Int)}", $"{V(Kind.Numeric)}::double precision", $"floor({V(kind)})", $"abs({V(kind)})"]),
            Kind.Text => Pick([$"{V(kind)} || {V(kind)}", $"upper({V(kind)})", $"substr({V(kind)}, {random.Next(-1, 4)}, {random.Next(0, 4)})", $"{V(Kind.Int)}::text", $"replace({V(kind)}, 'b', 'xx')", $"left({V(kind)}, {random.Next(-2, 3)})", $"lpad({V(kind)}, {random.Next(0, 6)}, 'ab')", $"trim({V(kind)})", $"{V(kind)}::char(3)", $"{V(kind)}::varchar(2)"]),
            Kind.Date => Pick([$"{V(kind)} + {random.Next(-40, 40)}", $"{V(Kind.Timestamp)}::date", $"{V(kind)} - {random.Next(5)}"]),
            Kind.Timestamp => Pick([$"{V(kind)} + {V(Kind.Interval)}", $"{V(Kind.Date)} - {V(Kind.Interval)}", $"date_trunc('{Pick(["month", "day", "hour", "week"])}', {V(kind)})", $"{V(Kind.Date)}::timestamp"]),
            Kind.Interval => Pick([$"{V(kind)} + {V(kind)}", $"{V(Kind.Timestamp)} - {V(Kind.Timestamp)}", $"{V(kind)} * {random.Next(-2, 3)}", $"justify_days({V(kind)})"]),
            _ => $"({Condition(depth - 1, scope)})",
        };
    }

    private static string Cast(Kind kind) => kind == Kind.Boolean ? "c0 % 2 = 0" : "c0";

    private string Aggregate(List<Column> scope)
    {
        string distinct = Chance(5) ? "distinct " : "";
        string filter = Chance(6) ? $" filter (where {Condition(1, scope)})" : "";
        return Pick(
        [
            "count(*)" + filter,
            $"count({distinct}{Value(Pick(Kinds), 1, scope)}){filter}",
            $"sum({distinct}{Value(Pick([Kind.Int, Kind.Big, Kind.Numeric]), 1, scope)}){filter}",
            $"min({Value(Pick([Kind.Int, Kind.Text, Kind.Date, Kind.Timestamp, Kind.Numeric, Kind.Interval]), 1, scope)}){filter}",
            $"max({Value(Pick([Kind.Int, Kind.Text, Kind.Date, Kind.Timestamp, Kind.Double]), 1, scope)}){filter}",
            $"bool_and({Condition(1, scope)}){filter}",
            $"avg({Value(Pick([Kind.Int, Kind.Numeric]), 1, scope)}){filter}",
        ]);
    }

    private string Literal(Kind kind) => kind switch
    {
        Kind.Int => Pick(["0", "1", "2", "3", "5", "-1", "17", "100", "2147483647"]),
        Kind.Big => Pick(["0", "1", "4", "-8999997", "9223372036854775807", "2147483648", "3::bigint"]),
        Kind.Numeric => Pick(["0.0", "1.5", "-3.375", "2.00", "10.125", "999999999.999", "numeric 'nan'", "7"]),
        Kind.Double => Pick(["0e0", "0.5e0", "-0.1e0", "double precision 'nan'", "1e300", "double precision '-infinity'", "2.5::real"]),
        Kind.Text => Pick(["''", "'b'", "'bxy'", "'b3'", "'v2'", "' '", "'A'", "'é😀'"]),
        Kind.Date => Pick(["date '2024-02-29'", "date '2024-03-01'", "date 'infinity'", "date '0044-03-15 BC'"]),
        Kind.Timestamp => Pick(["timestamp '2024-02-29 00:00'", "timestamp '2024-02-28 23:00'", "timestamp 'infinity'", "timestamp '1999-12-31 23:59:59.999999'"]),
        Kind.Interval => Pick(["interval '1 month'", "interval '-30 days'", "interval '1 day 02:03:04.5'", "interval '0'"]),
        _ => Pick(["true", "false"]),
    };

    private static string TypeName(Kind kind) => kind switch
    {
        Kind.Int => "int",
        Kind.Big => "bigint",
        Kind.Numeric => "numeric",
        Kind.Double => "double precision",
        Kind.Text => "text",
        Kind.Date => "date",
        Kind.Timestamp => "timestamp",
        Kind.Interval => "interval",
        _ => "boolean",
    };

    private bool Chance(int oneIn) => random.Next(oneIn) == 0;

    private T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
