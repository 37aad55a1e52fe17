using System.Globalization;

namespace PhantomDb.Tests.Planning;

/// <summary>
/// Makes queries at random over the tables of <see cref="PlanningTest"/>: joins of every kind, correlated and uncorrelated
/// subqueries of every kind in conditions and select lists, aggregates, set operations, common table expressions. Every
/// relation has the int columns a, b and c. The answers do not depend on any order.
/// </summary>
internal sealed class RandomQuery(int seed)
{
    private static readonly string[] Columns = ["a", "b", "c"];
    private static readonly string[] Comparisons = ["=", "=", "=", "<>", "<", "<=", ">", ">="];
    private static readonly string[] Aggregates = ["min", "max", "sum", "count"];

    private readonly Random _random = new(seed);
    private int _aliases;
    private bool _hasCte;

    public string Make()
    {
        string with = "";
        if (Chance(8))
        {
            with = $"with q as ({Select(2, [])}) ";
            _hasCte = true;
        }
        return with + Query(3, []);
    }

    private string Query(int depth, IReadOnlyList<string> scope)
    {
        if (depth > 1 && Chance(6))
        {
            string operation = Pick(["union", "union all", "intersect", "except", "except all", "intersect all"]);
            string union = $"select * from (({Select(depth - 1, scope)}) {operation} ({Select(depth - 1, scope)})) as {NewAlias(out string alias)}";
            return Chance(2) ? $"{union} where {Comparison(depth - 1, [.. scope, alias])}" : union;
        }
        return Select(depth, scope);
    }

    private string Select(int depth, IReadOnlyList<string> scope)
    {
        List<string> own = [];
        string from = From(depth, scope, own);
        List<string> all = [.. own, .. own, .. scope];   // own columns twice as often as those from outside
        string where = Chance(4) ? "" : $" where {Predicate(depth, all)}";
        switch (_random.Next(8))
        {
            case 0:
                string having = Chance(2) ? "" : $" having {Pick(["count(*) > 1", $"{own[0]}.a > 1", $"max({own[0]}.b) < {Constant()}"])}";
                return $"select {own[0]}.a as a, {Aggregate(own)} as b, {Aggregate(own)} as c from {from}{where} group by {own[0]}.a{having}";
            case 1:
                return $"select {Aggregate(own)} as a, {Aggregate(own)} as b, {Aggregate(own)} as c from {from}{where}";
            case 2:
                return $"select distinct {List(1, all)} from {from}{where}";
            case 3:
                return $"select {List(1, all)} from {from}{where} order by 1, 2, 3 limit {_random.Next(5)}";
            default:
                return $"select {List(depth, all)} from {from}{where}";
        }
    }

    private string List(int depth, IReadOnlyList<string> scope) =>
        $"{Value(depth, scope)} as a, {Value(depth, scope)} as b, {Value(0, scope)} as c";

    private string From(int depth, IReadOnlyList<string> scope, List<string> own)
    {
        string from = Relation(depth, scope, own);
        int joins = _random.Next(depth > 1 ? 3 : 2);
        for (int i = 0; i < joins; i++)
        {
            if (Chance(5))
            {
                from = $"{from} cross join {Relation(depth, scope, own)}";
            }
            else if (depth > 1 && Chance(6))
            {
                string[] left = [.. own];
                string kind = Pick(["join", "left join"]);
                from = $"{from} {kind} lateral ({Select(depth - 2, [.. scope, .. left])}) as {NewAlias(out string alias)} on {JoinCondition([.. left, alias], alias)}";
                own.Add(alias);
            }
            else
            {
                string kind = Pick(["join", "left join", "right join", "full join"]);
                string right = Relation(depth, scope, own);
                from = $"{from} {kind} {right} on {JoinCondition(own, own[^1])}";
            }
        }
        return from;
    }

    private string JoinCondition(IReadOnlyList<string> own, string right)
    {
        string condition = $"{Pick(own)}.{Pick(Columns)} = {right}.{Pick(Columns)}";
        return Chance(3) ? $"{condition} and {Comparison(0, own)}" : Chance(6) ? Comparison(0, own) : condition;
    }

    private string Relation(int depth, IReadOnlyList<string> scope, List<string> own)
    {
        string relation = depth > 1 && Chance(4) ? $"({Query(depth - 2, scope.Count > 0 && Chance(2) ? scope : [])})"
            : _hasCte && Chance(2) ? "q"
            : Pick(["t", "t", "u", "u", "w", "w", "e"]);
        string text = $"{relation} as {NewAlias(out string alias)}";
        own.Add(alias);
        return text;
    }

    private string Predicate(int depth, IReadOnlyList<string> scope) => _random.Next(12) switch
    {
        0 => $"({Predicate(depth, scope)} and {Predicate(depth, scope)})",
        1 => $"({Predicate(depth, scope)} or {Predicate(depth, scope)})",
        2 => $"not ({Predicate(depth, scope)})",
        3 or 4 when depth > 0 => $"{Not()}exists (select 1 {Body(depth, scope)})",
        5 or 6 when depth > 0 => $"{Value(0, scope)} {Not()}in (select {Column(depth, scope, out string body)} {body})",
        7 when depth > 0 => $"{Value(0, scope)} {Pick(Comparisons)} {Pick(["any", "all"])} (select {Column(depth, scope, out string body)} {body})",
        8 when depth > 0 => $"({Value(0, scope)}, {Value(0, scope)}) {Not()}in (select {Columns2(depth, scope, out string body)} {body})",
        9 => $"(({Comparison(0, scope)} and {Comparison(0, scope)}) or ({Comparison(0, scope)} and {Comparison(0, scope)}))",
        _ => Comparison(depth, scope),
    };

    private string Comparison(int depth, IReadOnlyList<string> scope) => _random.Next(8) switch
    {
        0 => $"{Value(0, scope)} is {Not()}null",
        1 => $"{Value(0, scope)} {Not()}in ({Constant()}, {Constant()}{(Chance(5) ? ", null" : "")})",
        2 => $"{Value(depth, scope)} between {Constant()} and {Value(0, scope)}",
        3 => $"{Value(0, scope)} is {Not()}distinct from {Value(0, scope)}",
        4 => $"{Pick(scope)}.{Pick(Columns)} = {Constant()}",
        _ => $"{Value(depth, scope)} {Pick(Comparisons)} {Value(0, scope)}",
    };

    private string Value(int depth, IReadOnlyList<string> scope)
    {
        string column = $"{Pick(scope)}.{Pick(Columns)}";
        return _random.Next(10) switch
        {
            0 => Constant(),
            1 => $"{column} + {Constant()}",
            2 => $"coalesce({column}, {Constant()})",
            3 when depth > 0 => $"case when {Predicate(depth - 1, scope)} then {Value(0, scope)} else {Value(0, scope)} end",
            4 or 5 when depth > 0 => ScalarSubquery(depth, scope),
            _ => column,
        };
    }

    private string ScalarSubquery(int depth, IReadOnlyList<string> scope)
    {
        if (Chance(5))
        {
            string key = NewAlias(out string alias);
            return $"(select {alias}.{Pick(Columns)} from t as {key} where {alias}.a = {Value(0, scope)})";
        }
        if (Chance(8))
        {
            return $"(select {Value(0, scope)})";
        }
        List<string> own = [];
        string from = From(depth - 1, scope, own);
        string condition = Chance(4) ? Predicate(depth - 1, [.. own, .. own, .. scope])
            : $"{Pick(own)}.{Pick(Columns)} = {Pick(scope)}.{Pick(Columns)}{(Chance(3) ? $" and {Predicate(depth - 1, [.. own, .. scope])}" : "")}";
        string value = Chance(4) ? $"{Aggregate(own)} + {Constant()}" : Chance(4) ? $"coalesce({Aggregate(own)}, {Constant()})" : Aggregate(own);
        return $"(select ({value})::int from {from} where {condition})";
    }

    // The FROM and WHERE of a subquery that is mostly correlated.
    private string Body(int depth, IReadOnlyList<string> scope) => Body(depth, scope, []);

    private string Body(int depth, IReadOnlyList<string> scope, List<string> own)
    {
        string from = From(depth - 1, scope, own);
        string equality = $"{Pick(own)}.{Pick(Columns)} = {Pick(scope)}.{Pick(Columns)}";
        return $"from {from}" + _random.Next(4) switch
        {
            0 => "",
            1 => $" where {Predicate(depth - 1, [.. own, .. scope])}",
            2 => $" where {equality} and {Predicate(depth - 1, [.. own, .. own, .. scope])}",
            _ => $" where {equality}",
        };
    }

    private string Column(int depth, IReadOnlyList<string> scope, out string body)
    {
        List<string> own = [];
        body = Body(depth, scope, own);
        return Chance(8) ? Aggregate(own) : Value(0, own);
    }

    private string Columns2(int depth, IReadOnlyList<string> scope, out string body)
    {
        List<string> own = [];
        body = Body(depth, scope, own);
        return $"{Value(0, own)}, {Value(0, own)}";
    }

    private string Aggregate(IReadOnlyList<string> own)
    {
        string function = Pick(Aggregates);
        string argument = function == "count" && Chance(2) ? "*" : $"{(Chance(4) ? "distinct " : "")}{Pick(own)}.{Pick(Columns)}";
        return $"{function}({argument}){(Chance(6) ? $" filter (where {Comparison(0, own)})" : "")}::int";
    }

    private string NewAlias(out string alias) => alias = $"x{++_aliases}";

    private string Constant() => _random.Next(5).ToString(CultureInfo.InvariantCulture);

    private string Not() => Chance(2) ? "not " : "";

    private bool Chance(int of) => _random.Next(of) == 0;

    private string Pick(IReadOnlyList<string> choices) => choices[_random.Next(choices.Count)];
}
