namespace PhantomDb.Fuzz.Compare;

/// <summary>
/// Makes queries whose rows are certain: where LIMIT, DISTINCT ON or a window function depends on an order, the query orders
/// by all that it shows, or by a key.
/// </summary>
internal sealed class SelectGenerator(RandomSource random)
{
    private static readonly string[] Directions = ["", "", " desc", " nulls first", " desc nulls last"];

    private readonly PredicateGenerator _predicates = new(random);
    private ComparedSchema _schema = new([]);

    /// <summary>A query and which of its columns its ORDER BY names in turn.</summary>
    public (string Sql, IReadOnlyList<int> OrderedBy) Query(ComparedSchema schema)
    {
        _schema = schema;
        return random.Next(18) switch
        {
            0 or 1 => (ByKey(), []),
            2 or 3 or 4 or 5 => Ordered(One()),
            6 or 7 or 8 => Ordered(Join()),
            9 or 10 => Ordered(Grouped()),
            11 => (Extremes(), []),
            12 or 13 => (Window(), []),
            14 => SetOperation(),
            15 => Ordered(With()),
            16 => DistinctOn(),
            _ => Ordered(Distinct(One())),
        };
    }

    /// <summary>Text of a query without its ORDER BY, and how many columns it has.</summary>
    private sealed record Plain(string Sql, int Count);

    private (string Sql, IReadOnlyList<int> OrderedBy) Ordered(Plain query)
    {
        if (random.Chance(3))
        {
            return (query.Sql, []);
        }
        bool isCut = random.Chance(2);
        List<int> keys = random.Some(Enumerable.Range(0, query.Count).ToList(), isCut ? query.Count : random.Next(1, query.Count + 1));
        string sql = $"{query.Sql} order by {string.Join(", ", keys.Select(key => $"{key + 1}{random.Pick(Directions)}"))}";
        return (isCut ? sql + Cut() : sql, keys);
    }

    private string Cut() => random.Next(4) switch
    {
        0 => $" limit {ComparedStatement.Mark("int8", $"{random.Next(0, 8)}")}",
        1 => $" offset {random.Next(0, 6)}",
        _ => $" limit {ComparedStatement.Mark("int8", $"{random.Next(1, 8)}")} offset {ComparedStatement.Mark("int8", $"{random.Next(0, 5)}")}",
    };

    private string Where(IReadOnlyList<ScopeColumn> scope) => random.Chance(8) ? "" : $" where {_predicates.Condition(scope, _schema.Tables, 2)}";

    private static List<ScopeColumn> Scope(ComparedTable table, string? alias = null) =>
        [.. table.Columns.Select(column => new ScopeColumn(alias is null ? column.Name : $"{alias}.{column.Name}", column.Type))];

    private string ByKey()
    {
        ComparedTable table = random.Pick(_schema.Tables);
        ComparedColumn key = table.Columns[0];
        string more = random.Chance(4) ? $" and {_predicates.Condition(Scope(table), [], 1)}" : "";
        string list = random.Chance(2) ? "*" : string.Join(", ", random.Some(table.Columns, 2).Select(column => column.Name));
        return $"select {list} from {table.Name} where {key.Name} = {_predicates.Literal(key.Type)}{more}";
    }

    private Plain One()
    {
        ComparedTable table = random.Pick(_schema.Tables);
        List<ScopeColumn> scope = Scope(table);
        List<ScopeColumn> shown = random.Some(scope, random.Next(1, 4));
        List<string> items = [.. shown.Select(column => column.Name)];
        if (random.Chance(6))
        {
            ComparedTable other = random.Pick(_schema.Tables);
            items.Add($"(select count(*) from {other.Name} o where {_predicates.Condition(Scope(other, "o"), [], 1)}{(Same(Scope(other, "o"), Scope(table, table.Name)) is { } equal ? $" and {equal}" : "")})");
        }
        return new Plain($"select {string.Join(", ", items)} from {table.Name}{Where(scope)}", items.Count);
    }

    /// <summary>An equality of two columns of one type; null where there is none.</summary>
    private string? Same(IReadOnlyList<ScopeColumn> left, IReadOnlyList<ScopeColumn> right)
    {
        List<(ScopeColumn, ScopeColumn)> pairs = [.. left.SelectMany(a => right.Where(b => b.Type == a.Type).Select(b => (a, b)))];
        if (pairs.Count == 0)
        {
            return null;
        }
        (ScopeColumn first, ScopeColumn second) = random.Pick(pairs);
        return $"{first.Name} = {second.Name}";
    }

    private Plain Join()
    {
        ComparedTable first = random.Pick(_schema.Tables);
        List<ScopeColumn> scope = Scope(first, "x");
        string from = $"{first.Name} x";
        foreach (string alias in (string[])(random.Chance(3) ? ["y", "z"] : ["y"]))
        {
            ComparedTable table = random.Pick(_schema.Tables);
            List<ScopeColumn> added = Scope(table, alias);
            string? equal = Same(scope, added);
            string kind = equal is null ? "join" : random.Pick(["join", "join", "left join", "left join", "right join", "full join"]);
            if (kind != "full join" && random.Chance(6))
            {
                List<ScopeColumn> inner = Scope(table, "i");
                from += $" {(kind == "left join" ? kind : "join")} lateral (select * from {table.Name} i where {Same(scope, inner) ?? "true"} and {_predicates.Condition(inner, [], 1)} order by {inner[0].Name} limit 2) {alias} on true";
            }
            else
            {
                string more = kind != "full join" && random.Chance(2) ? $" and ({_predicates.Condition([.. scope, .. added], [], 1)})" : "";
                // Without an equality a join of two large tables is too much to read.
                from += equal is null ? $" join {table.Name} {alias} on {scope[0].Name} = {Literal(scope[0])} and {added[0].Name} = {Literal(added[0])}" : $" {kind} {table.Name} {alias} on {equal}{more}";
            }
            scope.AddRange(added);
        }
        List<ScopeColumn> shown = random.Some(scope, random.Next(2, 5));
        return new Plain($"select {string.Join(", ", shown.Select(column => column.Name))} from {from} where {_predicates.Condition(Scope(first, "x"), _schema.Tables, 1)}{(random.Chance(2) ? $" and ({_predicates.Condition(scope, _schema.Tables, 1)})" : "")}", shown.Count);
    }

    private string Literal(ScopeColumn column) => ComparedStatement.Mark(column.Type, random.Value(column.Type));

    private string Aggregate(IReadOnlyList<ScopeColumn> scope)
    {
        ScopeColumn column = random.Pick(scope);
        string name = column.Name;
        string call = column.Type switch
        {
            "int2" or "int4" or "int8" or "numeric" => random.Pick([$"sum({name})", $"min({name})", $"max({name})", $"count(distinct {name})", $"sum(distinct {name})", $"avg({name})", $"sum({name} + 1)"]),
            "float8" => random.Pick([$"sum({name})", $"max({name})", $"min({name})"]),
            "bool" => random.Pick([$"bool_or({name})", $"bool_and({name})", $"count(*) filter (where {name})"]),
            "text" or "varchar" => random.Pick([$"min({name})", $"max({name})", $"string_agg({name}, ',' order by {name} desc)", $"count(distinct {name})", $"count({name})"]),
            "uuid" => $"count({name})",
            _ => random.Pick([$"min({name})", $"max({name})", $"count({name})", "count(*)"]),
        };
        return random.Chance(8) && !call.Contains("filter", StringComparison.Ordinal) ? $"{call} filter (where {_predicates.Condition(scope, [], 1)})" : call;
    }

    private Plain Grouped()
    {
        ComparedTable table = random.Pick(_schema.Tables);
        List<ScopeColumn> scope = Scope(table);
        List<ScopeColumn> keys = random.Some(scope, random.Next(1, 3));
        List<string> items = [.. keys.Select(column => column.Name), .. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Aggregate(scope))];
        string having = random.Chance(3) ? $" having {random.Pick(["count(*) > 1", $"min({keys[0].Name}) is not null".Replace("min", keys[0].Type is "bool" or "uuid" ? "count" : "min", StringComparison.Ordinal), "count(*) between 1 and 3"])}" : "";
        string by = string.Join(", ", keys.Select(column => column.Name));
        by = random.Next(8) switch
        {
            0 => $"rollup ({by})",
            1 => $"grouping sets (({by}), ())",
            _ => by,
        };
        return new Plain($"select {string.Join(", ", items)} from {table.Name}{Where(scope)} group by {by}{having}", items.Count);
    }

    private string Extremes()
    {
        ComparedTable table = random.Pick(_schema.Tables);
        List<ScopeColumn> scope = [.. Scope(table).Where(column => column.Type is not ("bool" or "uuid"))];
        string items = string.Join(", ", Enumerable.Range(0, random.Next(1, 3)).Select(_ => random.Pick([$"min({random.Pick(scope).Name})", $"max({random.Pick(scope).Name})", "count(*)"])));
        return $"select {items} from {table.Name}{Where(Scope(table))}";
    }

    private string Window()
    {
        ComparedTable table = random.Pick(_schema.Tables);
        List<ScopeColumn> scope = Scope(table);
        ScopeColumn key = scope[0];
        ScopeColumn by = random.Pick(scope);
        ScopeColumn value = random.Pick(scope);
        ScopeColumn? number = scope.FirstOrDefault(column => column.Type is "int4" or "int8" or "numeric");
        string partition = random.Chance(2) ? $"partition by {random.Pick(scope).Name} " : "";
        string direction = random.Pick(Directions);
        string call = random.Next(6) switch
        {
            0 => $"row_number() over ({partition}order by {by.Name}{direction}, {key.Name})",
            1 => $"{random.Pick(["rank()", "dense_rank()", "cume_dist()"])} over ({partition}order by {by.Name}{direction})",
            2 => $"{random.Pick(["lag", "lead"])}({value.Name}{random.Pick(["", ", 2"])}) over ({partition}order by {by.Name}{direction}, {key.Name})",
            3 => $"{random.Pick(["first_value", "last_value"])}({value.Name}) over ({partition}order by {by.Name}, {key.Name} rows between {random.Pick(["unbounded", "2", "1"])} preceding and {random.Pick(["current row", "1 following", "unbounded following"])})",
            4 => $"count({value.Name}) over ({partition}order by {by.Name}{direction} {random.Pick(["", "groups between 1 preceding and current row", "range between current row and unbounded following"])})",
            _ => number is null ? $"count(*) over ({partition.TrimEnd()})" : $"sum({number.Name}) over ({partition}order by {by.Name}{direction})",
        };
        string query = $"select {key.Name}, {call} as w from {table.Name}{Where(scope)}";
        return random.Chance(4) ? $"select * from ({query}) q order by 1, 2 limit 5" : query;
    }

    private (string Sql, IReadOnlyList<int> OrderedBy) SetOperation()
    {
        ComparedTable left = random.Pick(_schema.Tables);
        ComparedTable right = random.Pick(_schema.Tables);
        List<(ComparedColumn, ComparedColumn)> pairs = [.. left.Columns.SelectMany(a => right.Columns.Where(b => b.Type == a.Type && b.Declared.Split(' ')[0] == a.Declared.Split(' ')[0]).Select(b => (a, b)))];
        List<(ComparedColumn Left, ComparedColumn Right)> some = random.Some(pairs, random.Next(1, 3));
        if (some.Count == 0)
        {
            return Ordered(One());
        }
        string operation = random.Pick(["union", "union all", "intersect", "intersect all", "except", "except all"]);
        string sql = $"select {string.Join(", ", some.Select(pair => pair.Left.Name))} from {left.Name}{Where(Scope(left))} {operation} select {string.Join(", ", some.Select(pair => pair.Right.Name))} from {right.Name}{Where(Scope(right))}";
        return Ordered(new Plain(sql, some.Count));
    }

    private Plain With()
    {
        Plain inner = One();
        ComparedTable table = random.Pick(_schema.Tables);
        List<ScopeColumn> scope = Scope(table, "x");
        return random.Chance(3)
            ? new Plain($"with recursive r(n) as (select 1 union all select n + 1 from r where n < 6) select r.n, x.{table.Columns[0].Name} from r {random.Pick(["join", "left join"])} {table.Name} x on r.n = length(x.{table.Columns[0].Name}::text) and ({_predicates.Condition(scope, [], 1)})", 2)
            : new Plain($"with q as {random.Pick(["", "materialized ", "not materialized "])}({inner.Sql}) select q.*, x.{table.Columns[0].Name} from q, {table.Name} x where {_predicates.Condition(scope, [], 1)} and x.{table.Columns[0].Name} = {Literal(scope[0])}", inner.Count + 1);
    }

    private static Plain Distinct(Plain query) => query with { Sql = "select distinct" + query.Sql["select".Length..] };

    private (string Sql, IReadOnlyList<int> OrderedBy) DistinctOn()
    {
        ComparedTable table = random.Pick(_schema.Tables);
        List<ScopeColumn> scope = Scope(table);
        List<ScopeColumn> shown = random.Some(scope, 3);
        string order = string.Join(", ", shown.Select((column, i) => $"{column.Name}{random.Pick(Directions)}"));
        return ($"select distinct on ({shown[0].Name}) {string.Join(", ", shown.Select(column => column.Name))} from {table.Name}{Where(scope)} order by {order}", [0]);
    }
}
