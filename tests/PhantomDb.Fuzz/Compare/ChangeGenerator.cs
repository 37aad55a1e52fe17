using System.Collections.Immutable;

namespace PhantomDb.Fuzz.Compare;

/// <summary>
/// Makes INSERT, UPDATE, DELETE, ALTER TABLE and their kin. What they leave does not depend on the order of rows: columns with a unique
/// index get constants, and values from sequences are taken in a given order.
/// </summary>
internal sealed class ChangeGenerator(RandomSource random)
{
    private readonly PredicateGenerator _predicates = new(random);
    private readonly SchemaGenerator _definitions = new(random);
    private int _names = 100;

    public string Change(ComparedSchema schema)
    {
        ComparedTable table = random.Pick(schema.Tables);
        return random.Next(12) switch
        {
            0 or 1 or 2 => Insert(table),
            3 => InsertSelect(table),
            4 or 5 => Upsert(table),
            6 or 7 or 8 => Update(table, schema),
            9 or 10 => Delete(table, schema),
            _ => With(table, schema),
        };
    }

    private static List<ScopeColumn> Scope(ComparedTable table, string alias) => [.. table.Columns.Select(column => new ScopeColumn($"{alias}.{column.Name}", column.Type))];

    private string Value(ComparedColumn column) => random.Chance(column.IsNotNull ? 40 : 10) ? "default" : NewLiteral(column);

    /// <summary>A value to be stored: seldom NULL where that is refused.</summary>
    private string NewLiteral(ComparedColumn column) => column.IsNotNull && !random.Chance(30) ? ComparedStatement.Mark(column.Type, random.Value(column.Type)) : _predicates.Literal(column.Type);

    private string Returning(ComparedTable table) => random.Next(4) switch
    {
        0 => " returning *",
        1 => $" returning {string.Join(", ", random.Some(table.Columns, 2).Select(column => $"{table.Name}.{column.Name}"))}",
        _ => "",
    };

    private string Insert(ComparedTable table) => InsertRows(table) + (!table.HasDeferrableKey && random.Chance(4) ? " on conflict do nothing" : "") + Returning(table);

    private string InsertRows(ComparedTable table)
    {
        List<ComparedColumn> columns = [.. table.Columns.Where(column => !column.IsGenerated && (column.Name == "id" ? !random.Chance(column.Declared.Length > 7 || column.Declared == "serial" ? 3 : 30) : column.IsNotNull || !random.Chance(5)))];
        if (columns.Count == 0)
        {
            return $"insert into {table.Name} default values";
        }
        IEnumerable<string> rows = Enumerable.Range(0, random.Pick([1, 1, 1, 3])).Select(_ => $"({string.Join(", ", columns.Select(column => column.Name == "id" && column.Type is "int4" or "int8" && !random.Chance(3) ? ComparedStatement.Mark(column.Type, $"{random.Next(0, 200)}") : Value(column)))})");
        return $"insert into {table.Name} ({string.Join(", ", columns.Select(column => column.Name))}) values {string.Join(", ", rows)}";
    }

    private string InsertSelect(ComparedTable table)
    {
        ComparedColumn[] columns = [.. table.Columns.Where(column => !column.IsGenerated)];
        if (columns.Length == 0 || columns[0].Name != "id" || columns[0].Type is not ("int4" or "int8" or "numeric"))
        {
            return Insert(table);
        }
        string items = string.Join(", ", columns.Select((column, i) => i == 0 ? $"{column.Name} + {random.Next(50, 200)}" : column.Name));
        return $"insert into {table.Name} ({string.Join(", ", columns.Select(column => column.Name))}) select {items} from {table.Name} x where {_predicates.Condition(Scope(table, "x"), [], 1)} order by id{random.Pick(["", " on conflict do nothing", " limit 3"])}";
    }

    private string Upsert(ComparedTable table)
    {
        if (table.Key.Count == 0 || table.HasDeferrableKey)
        {
            return Insert(table);
        }
        List<ComparedColumn> set = [.. random.Some(table.Columns, 2).Where(column => !column.IsKeyPart)];
        string target = $" on conflict ({string.Join(", ", table.Key)})";
        if (set.Count == 0 || random.Chance(4))
        {
            return InsertRows(table) + target + " do nothing" + Returning(table);
        }
        string assignments = string.Join(", ", set.Select(column => $"{column.Name} = {random.Pick([$"excluded.{column.Name}", _predicates.Literal(column.Type), $"coalesce({table.Name}.{column.Name}, excluded.{column.Name})", "default"])}"));
        string where = random.Chance(3) ? $" where {_predicates.Condition(Scope(table, table.Name), [], 1)}" : "";
        return InsertRows(table) + target + $" do update set {assignments}{where}" + Returning(table);
    }

    private string Update(ComparedTable table, ComparedSchema schema)
    {
        List<ComparedColumn> set = [.. random.Some(table.Columns.Where(column => !column.IsGenerated).ToList(), random.Next(1, 3))];
        if (set.Count == 0)
        {
            return Delete(table, schema);
        }
        bool isOne = random.Chance(3);
        string assignments = string.Join(", ", set.Select(column => $"{column.Name} = {(column.IsKeyPart && !isOne ? NewLiteral(column) : NewValue(column, table))}"));
        ComparedColumn key = table.Columns[0];
        if (!isOne && random.Chance(4))
        {
            ComparedTable other = random.Pick(schema.Tables);
            if (other.Columns[0].Type == key.Type && other.Columns[0].Name == "id" && key.Name == "id")
            {
                ComparedColumn? same = other.Columns.Skip(1).FirstOrDefault(column => column.Type == set[0].Type);
                string from = same is null || set[0].IsKeyPart ? assignments : $"{set[0].Name} = o.{same.Name}";
                return $"update {table.Name} set {from} from {other.Name} o where o.id = {table.Name}.id and {_predicates.Condition(Scope(table, table.Name), [], 1)}{Returning(table)}";
            }
        }
        string where = isOne ? $"{key.Name} = {_predicates.Literal(key.Type)}{(random.Chance(3) ? $" and {_predicates.Condition(Scope(table, table.Name), [], 1)}" : "")}"
            : _predicates.Condition(Scope(table, table.Name), schema.Tables, 2);
        return $"update {table.Name} set {assignments} where {where}{Returning(table)}";
    }

    private string NewValue(ComparedColumn column, ComparedTable table) => random.Chance(2) ? Value(column) : column.Type switch
    {
        "int4" or "int8" => $"{column.Name} + 1",
        "text" => $"left({column.Name} || 'b', 20)",
        "bool" => $"not {column.Name}",
        "date" => $"{column.Name} + 1",
        _ => table.Columns.FirstOrDefault(other => other.Type == column.Type && other.Declared.Split(' ')[0] == column.Declared.Split(' ')[0])?.Name ?? "null",
    };

    private string Delete(ComparedTable table, ComparedSchema schema)
    {
        ComparedColumn key = table.Columns[0];
        ComparedTable other = random.Pick(schema.Tables);
        return random.Next(4) switch
        {
            0 when other.Columns[0].Type == key.Type && other != table => $"delete from {table.Name} using {other.Name} o where o.{other.Columns[0].Name} = {table.Name}.{key.Name} and {_predicates.Condition(Scope(other, "o"), [], 1)}{Returning(table)}",
            1 => $"delete from {table.Name} where {_predicates.Condition(Scope(table, table.Name), schema.Tables, 1)} and {_predicates.Condition(Scope(table, table.Name), schema.Tables, 1)}{Returning(table)}",
            _ => $"delete from {table.Name} where {key.Name} = {_predicates.Literal(key.Type)}{Returning(table)}",
        };
    }

    private string With(ComparedTable table, ComparedSchema schema)
    {
        ComparedColumn key = table.Columns[0];
        ComparedTable other = random.Pick(schema.Tables);
        string change = random.Next(3) switch
        {
            0 => $"delete from {table.Name} where {_predicates.Condition(Scope(table, table.Name), [], 1)} and {key.Name} = {_predicates.Literal(key.Type)} returning *",
            1 when Update(table, schema) is var update && update.StartsWith("update", StringComparison.Ordinal) && !update.Contains(" returning ", StringComparison.Ordinal) => update + $" returning {table.Name}.*",
            _ => InsertRows(table) + " returning *",
        };
        return random.Chance(2) ? $"with d as ({change}) select count(*) from d"
            : $"with d as ({change}) select d.*, (select count(*) from {other.Name}) as n from d";
    }

    /// <summary>A definition, and the schema as it is when the definition succeeds.</summary>
    public (string Sql, ComparedSchema After) Definition(ComparedSchema schema)
    {
        ComparedTable table = random.Pick(schema.Tables);
        List<ComparedColumn> others = [.. table.Columns.Where(column => column.Name is not "id" and not "ref")];
        ComparedColumn? column = others.Count > 0 ? random.Pick(others) : null;
        string alter = $"alter table {table.Name} ";
        switch (random.Next(14))
        {
            case 0:
            {
                string type = random.Pick(["int4", "text", "numeric", "date", "bool", "bpchar"]);
                var added = new ComparedColumn($"n{_names++}", type, SchemaGenerator.Declaration(type, random));
                string constant = random.Chance(2) ? $" default {ComparedStatement.Mark(type, random.Value(type))}{random.Pick(["", " not null"])}" : "";
                return ($"{alter}add column {added.Name} {added.Declared}{constant}", schema.With(table, table with { Columns = table.Columns.Add(added) }));
            }
            case 1 when column is not null && others.Count > 2:
                return ($"{alter}drop column {column.Name}{random.Pick(["", " cascade"])}", schema.With(table, table with { Columns = table.Columns.Remove(column) }));
            case 2 when column?.Type is "int4":
                return ($"{alter}alter column {column.Name} type int8", schema.With(table, table with { Columns = table.Columns.Replace(column, column with { Type = "int8", Declared = "int8" }) }));
            case 3 when column?.Type is "text" or "varchar":
                return ($"{alter}alter column {column.Name} type varchar(40)", schema.With(table, table with { Columns = table.Columns.Replace(column, column with { Type = "varchar", Declared = "varchar(40)" }) }));
            case 4 when column?.Type is "int4" or "int2":
                return ($"{alter}alter column {column.Name} type text using {column.Name}::text", schema.With(table, table with { Columns = table.Columns.Replace(column, column with { Type = "text", Declared = "text" }) }));
            case 5 when column is not null:
                return ($"{alter}alter column {column.Name} {random.Pick(["set not null", "drop not null", "drop default"])}", schema);
            case 6 when column is not null:
            {
                string name = $"k{_names++}";
                return ($"{alter}add constraint {name} check ({_definitions.Check(column)}){random.Pick(["", "", " not valid"])}", schema.With(table, table with { Constraints = table.Constraints.Add(name) }));
            }
            case 7 when table.Constraints.Count > 0:
            {
                string name = random.Pick(table.Constraints);
                return ($"{alter}drop constraint {name}", schema.With(table, table with { Constraints = table.Constraints.Remove(name) }));
            }
            case 8 when column is not null:
            {
                string name = $"r{_names++}";
                return ($"{alter}rename column {column.Name} to {name}", schema.With(table, table with { Columns = table.Columns.Replace(column, column with { Name = name }) }));
            }
            case 9 when table.Indexes.Count > 0:
            {
                string name = random.Pick(table.Indexes);
                return ($"drop index {name}", schema.With(table, table with { Indexes = table.Indexes.Remove(name) }));
            }
            case 10:
                return ($"truncate {table.Name}{random.Pick([" cascade", " cascade", "", " restart identity cascade"])}", schema);
            case 11 when column is not null:
                return ($"{alter}alter column {column.Name} set default {ComparedStatement.Mark(column.Type, random.Value(column.Type))}", schema);
            default:
            {
                (ComparedTable changed, string sql) = _definitions.Index(table);
                return (sql, schema.With(table, changed));
            }
        }
    }
}
