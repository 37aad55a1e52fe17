namespace PhantomDb.Fuzz.Compare;

/// <summary>A column within a query: its name there and its type.</summary>
internal sealed record ScopeColumn(string Name, string Type);

/// <summary>Makes conditions that invite an index (ranges, lists, prefixes, rows) and their combinations. None of them can fail.</summary>
internal sealed class PredicateGenerator(RandomSource random)
{
    private static readonly string[] Comparisons = ["=", "=", "=", "<", "<=", ">", ">=", "<>", "is distinct from", "is not distinct from"];

    public string Literal(string type) => random.Chance(25) ? "null" : ComparedStatement.Mark(type, random.Value(type));

    public string Condition(IReadOnlyList<ScopeColumn> scope, IReadOnlyList<ComparedTable> tables, int depth) => random.Next(depth > 0 ? 12 : 7) switch
    {
        7 or 8 => $"{Operand(scope, tables, depth)} and {Operand(scope, tables, depth)}",
        9 => $"({Operand(scope, tables, depth)} or {Operand(scope, tables, depth)})",
        10 => $"not {Operand(scope, tables, depth)}",
        11 when tables.Count > 0 => Subquery(scope, tables, depth),
        _ => Simple(scope),
    };

    private string Operand(IReadOnlyList<ScopeColumn> scope, IReadOnlyList<ComparedTable> tables, int depth) => $"({Condition(scope, tables, depth - 1)})";

    private string Simple(IReadOnlyList<ScopeColumn> scope)
    {
        ScopeColumn column = random.Pick(scope);
        string name = column.Name;
        string Value() => Literal(column.Type);
        switch (random.Next(14))
        {
            case 0 or 1:
                return $"{name} in ({string.Join(", ", Enumerable.Range(0, random.Next(1, 5)).Select(_ => Value()))})";
            case 2:
                return $"{name} {random.Pick(["", "not "])}between {random.Pick(["", "", "symmetric "])}{Value()} and {Value()}";
            case 3:
                return $"{name} is {random.Pick(["", "not "])}null";
            case 4:
                return $"{name} >= {Value()} and {name} < {Value()}";
            case 5 when random.Pick(scope) is var second && second != column:
                return $"({name}, {second.Name}) {random.Pick(["<", "<=", ">", ">=", "=", "<>"])} ({Value()}, {Literal(second.Type)})";
            case 6 when scope.Where(other => other.Type == column.Type && other != column).ToList() is { Count: > 0 } same:
                return $"{name} {random.Pick(Comparisons)} {random.Pick(same).Name}";
            case 7:
                return $"{name} = any (array[{Value()}, {Value()}]::{column.Type}[])";
            case 8:
                return $"{name} not in ({Value()}, {Value()})";
            case 9 or 10:
                return Expression(column);
            default:
                return $"{name} {random.Pick(Comparisons)} {Value()}";
        }
    }

    /// <summary>Conditions over what an index over an expression may hold, and those that only a type has.</summary>
    private string Expression(ScopeColumn column) => column.Type switch
    {
        "text" or "varchar" => random.Next(5) switch
        {
            0 => $"lower({column.Name}) = {ComparedStatement.Mark("text", random.Value("text"))}",
            1 => $"length({column.Name}) {random.Pick(["=", "<", ">"])} {ComparedStatement.Mark("int4", "2")}",
            _ => $"{column.Name} {random.Pick(["", "", "not "])}like {ComparedStatement.Mark("text", random.Pattern())}",
        },
        "bpchar" => $"{column.Name} like {ComparedStatement.Mark("text", random.Pattern())}",
        "int4" or "int8" or "numeric" => random.Next(4) switch
        {
            0 => $"abs({column.Name}) = {ComparedStatement.Mark(column.Type, random.Value(column.Type))}",
            1 => $"{column.Name} % 3 = {ComparedStatement.Mark(column.Type, "1")}",
            2 => $"-{column.Name} > {ComparedStatement.Mark(column.Type, random.Value(column.Type))}",
            _ => $"{column.Name} {random.Pick(["=", "<", ">="])} {random.Pick(["1.5", "2::int8", "3::int2", "4::numeric", "2.0::float8"])}",
        },
        "bool" => random.Pick([column.Name, $"not {column.Name}", $"{column.Name} is not true", $"{column.Name} is unknown"]),
        "timestamp" => $"{column.Name} >= date '2024-02-11'",
        "timestamptz" => $"{column.Name} < timestamptz '2024-02-12 00:00:00+00' + interval '1 day'",
        "date" => $"{column.Name} > {ComparedStatement.Mark("date", random.Value("date"))}::date + 3",
        _ => $"{column.Name} is null",
    };

    private string Subquery(IReadOnlyList<ScopeColumn> scope, IReadOnlyList<ComparedTable> tables, int depth)
    {
        ComparedTable table = random.Pick(tables);
        string alias = $"s{depth}{random.Next(1000)}";
        List<ScopeColumn> inner = [.. table.Columns.Select(column => new ScopeColumn($"{alias}.{column.Name}", column.Type))];
        ScopeColumn outer = random.Pick(scope);
        List<ScopeColumn> same = [.. inner.Where(column => column.Type == outer.Type)];
        string where = Condition(inner, [], depth - 1);
        if (same.Count == 0)
        {
            return $"{random.Pick(["", "not "])}exists (select from {table.Name} {alias} where {where})";
        }
        string key = random.Pick(same).Name;
        return random.Next(5) switch
        {
            0 => $"{outer.Name} in (select {key} from {table.Name} {alias} where {where})",
            1 => $"{outer.Name} not in (select {key} from {table.Name} {alias} where {where})",
            2 => $"{outer.Name} {random.Pick(["=", "<", ">="])} {random.Pick(["all", "any"])} (select {key} from {table.Name} {alias} where {where})",
            3 when outer.Type is not ("bool" or "uuid") => $"{outer.Name} {random.Pick(["=", "<", ">="])} (select {random.Pick(["min", "max"])}({key}) from {table.Name} {alias} where {where})",
            _ => $"{random.Pick(["", "not "])}exists (select 1 from {table.Name} {alias} where {key} = {outer.Name} and ({where}))",
        };
    }
}
