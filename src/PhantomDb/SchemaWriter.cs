using System.Globalization;
using PhantomDb.Binding;
using PhantomDb.Catalog;
using PhantomDb.Parsing;
using PhantomDb.Types;

namespace PhantomDb;

/// <summary>Definitions as SQL text. Expressions stand as their definitions keep them.</summary>
internal sealed class SchemaWriter(BinderContext context, Func<int, (long Last, bool IsCalled)?> positionOf)
{
    private readonly DatabaseCatalog _catalog = context.Catalog;

    public static IEnumerable<string> StatementsOf(SchemaDefinition schema)
    {
        string name = Quote(schema.Name);
        if (schema.Name != DatabaseCatalog.DefaultSchema)
        {
            yield return $"CREATE SCHEMA IF NOT EXISTS {name};";
        }
        if (schema.Comment is not null)
        {
            yield return $"COMMENT ON SCHEMA {name} IS {Literal(schema.Comment)};";
        }
    }

    public RelationDescription Describe(TableDefinition table)
    {
        string name = Qualify(table.Schema, table.Name);
        return new RelationDescription(table.Schema, table.Name, RelationKind.Table, [.. table.Columns.Select(Describe)])
        {
            QualifiedName = name,
            Details = [.. Details(table)],
            CreateStatements =
            [
                CreateTable(table, name),
                .. table.Indexes.Where(index => !index.IsConstraint).Select(index => CreateIndex(index, table, name) + ";"),
                .. Comments(table, name),
            ],
            LinkStatements =
            [
                .. table.Constraints.Where(IsLate).Select(late => $"ALTER TABLE {name} ADD CONSTRAINT {Quote(late.Name)} {Text(late, table)};"),
                .. table.Constraints.Where(constraint => constraint.Comment is not null)
                    .Select(constraint => $"COMMENT ON CONSTRAINT {Quote(constraint.Name)} ON {name} IS {Literal(constraint.Comment!)};"),
            ],
        };
    }

    public RelationDescription Describe(ViewDefinition view)
    {
        string name = Qualify(view.Schema, view.Name);
        string columns = string.Join(", ", view.Columns.Select(column => Quote(column.Name)));
        return new RelationDescription(view.Schema, view.Name, RelationKind.View,
            [.. view.Columns.Select(column => new ColumnDescription(column.Name, TypeName(column.Type), false, null))])
        {
            QualifiedName = name,
            Details = ["View definition:", .. view.QueryText.Split('\n').Select(line => "    " + line)],
            CreateStatements =
            [
                $"CREATE VIEW {name} ({columns}) AS\n{TextOf(view)};",
                .. view.Comment is null ? Array.Empty<string>() : [$"COMMENT ON VIEW {name} IS {Literal(view.Comment)};"],
            ],
        };
    }

    // As it reads where no schema is searched but public, which is what a script relies on.
    private string TextOf(ViewDefinition view)
    {
        try
        {
            return view.Schema == DatabaseCatalog.DefaultSchema ? view.QueryText : StoredText.OfMovedView(new BindingState(context), view, DatabaseCatalog.DefaultSchema);
        }
        catch (PhantomDbException)
        {
            return view.QueryText;   // a view that cannot be used any more
        }
    }

    public RelationDescription Describe(SequenceDefinition sequence)
    {
        string name = Qualify(sequence.Schema, sequence.Name);
        TableDefinition? owner = sequence.OwnerTableOid == 0 ? null : _catalog.Find(sequence.OwnerTableOid) as TableDefinition;
        ColumnDefinition? column = owner?.Columns.FirstOrDefault(c => c.Number == sequence.OwnerColumnNumber);
        bool isIdentity = column is { Identity: not IdentityKind.None };
        string create = string.Create(CultureInfo.InvariantCulture,
            $"CREATE SEQUENCE {name} AS {sequence.Type} INCREMENT {sequence.Increment} MINVALUE {sequence.Minimum} MAXVALUE {sequence.Maximum} START {sequence.Start} CACHE {sequence.Cache}{(sequence.Cycles ? " CYCLE" : "")};");
        string[] comment = sequence.Comment is null ? [] : [$"COMMENT ON SEQUENCE {name} IS {Literal(sequence.Comment)};"];
        return new RelationDescription(sequence.Schema, sequence.Name, RelationKind.Sequence, [])
        {
            QualifiedName = name,
            Details = column is null ? [] : [$"Owned by: {Qualify(owner!.Schema, owner.Name)}.{Quote(column.Name)}"],
            CreateStatements = isIdentity ? [] : [create, .. comment],
            LinkStatements = isIdentity ? comment : column is null ? [] : [$"ALTER SEQUENCE {name} OWNED BY {Qualify(owner!.Schema, owner.Name)}.{Quote(column.Name)};"],
            PositionStatements = positionOf(sequence.Oid) is { } position && position != (sequence.Start, false)
                ? [string.Create(CultureInfo.InvariantCulture, $"SELECT pg_catalog.setval({Literal(name)}, {position.Last}, {(position.IsCalled ? "true" : "false")});")] : [],
        };
    }

    private static ColumnDescription Describe(ColumnDefinition column) => new(
        column.Name, TypeName(column.Type), column.IsNotNull, Generated(column) ?? column.DefaultText);

    private static string? Generated(ColumnDefinition column) => column.Identity switch
    {
        IdentityKind.Always => "generated always as identity",
        IdentityKind.ByDefault => "generated by default as identity",
        _ => null,
    };

    private string CreateTable(TableDefinition table, string name)
    {
        IEnumerable<string> columns = table.Columns.Select(column =>
            $"    {Quote(column.Name)} {TypeName(column.Type)}"
            + (column.DefaultText is { } text && column.Identity == IdentityKind.None ? $" DEFAULT {text}" : "")
            + (Generated(column) is { } generated ? " " + generated.ToUpperInvariant() + IdentityOptions(table, column) : "")
            + (column.IsNotNull ? " NOT NULL" : ""));
        IEnumerable<string> constraints = table.Constraints.Where(constraint => !IsLate(constraint))
            .Select(constraint => $"    CONSTRAINT {Quote(constraint.Name)} {Text(constraint, table)}");
        return $"CREATE TABLE {name} (\n{string.Join(",\n", columns.Concat(constraints))}\n);";
    }

    // Of the column's sequence, what CREATE TABLE would not give it by itself.
    private string IdentityOptions(TableDefinition table, ColumnDefinition column)
    {
        if (_catalog.Find(column.SequenceOid) is not SequenceDefinition sequence)
        {
            return "";
        }
        bool rises = sequence.Increment > 0;
        string name = ObjectNames.Choose(table.Name, column.Name, "seq", _ => false);
        IEnumerable<string> options =
        [
            .. sequence.Schema == table.Schema && sequence.Name == name ? Array.Empty<string>() : [$"SEQUENCE NAME {Qualify(sequence.Schema, sequence.Name)}"],
            .. Option("START", sequence.Start, rises ? sequence.Minimum : sequence.Maximum),
            .. Option("INCREMENT", sequence.Increment, 1),
            .. Option("MINVALUE", sequence.Minimum, rises ? 1 : SequenceDefinition.MinimumOf(sequence.Type)),
            .. Option("MAXVALUE", sequence.Maximum, rises ? SequenceDefinition.MaximumOf(sequence.Type) : -1),
            .. Option("CACHE", sequence.Cache, 1),
            .. sequence.Cycles ? ["CYCLE"] : Array.Empty<string>(),
        ];
        string text = string.Join(' ', options);
        return text.Length == 0 ? "" : $" ({text})";

        static string[] Option(string name, long value, long otherwise) => value == otherwise ? [] : [string.Create(CultureInfo.InvariantCulture, $"{name} {value}")];
    }

    private static string CreateIndex(IndexDefinition index, TableDefinition table, string tableName) =>
        $"CREATE {(index.IsUnique ? "UNIQUE " : "")}INDEX {Quote(index.Name)} ON {tableName} "
        + Keys(index, table, expression => $"({expression.Text})", predicate => predicate.Text);

    private static string Keys(IndexDefinition index, TableDefinition table, Func<IndexExpression, string> expressionText, Func<IndexExpression, string> predicateText)
    {
        IEnumerable<string> keys = index.Columns.Select(key =>
            (table.FindExpression(key.ColumnNumber) is { } expression ? expressionText(expression) : Quote(NameOf(table, key.ColumnNumber)))
            + (key.OperatorClass is null ? "" : $" {key.OperatorClass}")
            + (key.IsDescending ? " DESC" : "")
            + (key.NullsFirst == key.IsDescending ? "" : key.NullsFirst ? " NULLS FIRST" : " NULLS LAST"));
        return $"({string.Join(", ", keys)})"
            + (index.Included.Count > 0 ? $" INCLUDE ({Names(table, index.Included)})" : "")
            + (index.NullsEqual ? " NULLS NOT DISTINCT" : "")
            + (index.IsPartial ? $" WHERE {predicateText(table.FindExpression(index.PredicateNumber)!)}" : "");
    }

    private static IEnumerable<string> Comments(TableDefinition table, string name)
    {
        if (table.Comment is not null)
        {
            yield return $"COMMENT ON TABLE {name} IS {Literal(table.Comment)};";
        }
        foreach (ColumnDefinition column in table.Columns)
        {
            if (column.Comment is not null)
            {
                yield return $"COMMENT ON COLUMN {name}.{Quote(column.Name)} IS {Literal(column.Comment)};";
            }
        }
        foreach (IndexDefinition index in table.Indexes)
        {
            if (index.Comment is not null)
            {
                yield return $"COMMENT ON INDEX {Qualify(table.Schema, index.Name)} IS {Literal(index.Comment)};";
            }
        }
    }

    private IEnumerable<string> Details(TableDefinition table)
    {
        foreach (string line in Section("Indexes:", table.Indexes.Select(index => IndexDetail(index, table))))
        {
            yield return line;
        }
        foreach (string line in Section("Check constraints:", ConstraintsOf(table, ConstraintKind.Check).Select(Detail)))
        {
            yield return line;
        }
        foreach (string line in Section("Foreign-key constraints:", ConstraintsOf(table, ConstraintKind.ForeignKey).Select(Detail)))
        {
            yield return line;
        }
        IEnumerable<string> references =
            from other in _catalog.TablesReferencing(table.Oid).OrderBy(other => other.Schema, StringComparer.Ordinal).ThenBy(other => other.Name, StringComparer.Ordinal)
            from key in ConstraintsOf(other, ConstraintKind.ForeignKey)
            where key.ReferencedTableOid == table.Oid
            select $"TABLE \"{Qualify(other.Schema, other.Name)}\" CONSTRAINT \"{key.Name}\" {Text(key, other)}";
        foreach (string line in Section("Referenced by:", references))
        {
            yield return line;
        }

        string Detail(ConstraintDefinition constraint) => $"\"{constraint.Name}\" {Text(constraint, table)}";
    }

    private string IndexDetail(IndexDefinition index, TableDefinition table)
    {
        string kind = table.Constraints.FirstOrDefault(constraint => constraint.IndexOid == index.Oid)?.Kind switch
        {
            ConstraintKind.PrimaryKey => "PRIMARY KEY, ",
            ConstraintKind.Unique => "UNIQUE CONSTRAINT, ",
            _ => index.IsUnique ? "UNIQUE, " : "",
        };
        string keys = Keys(index, table,
            expression => ExpressionDeparser.PrintIndexExpression(context, table, expression.Text, isPretty: true),
            predicate => ExpressionDeparser.Print(context, table, null, predicate.Text, isPretty: true));
        return $"\"{index.Name}\" {kind}btree {keys}";
    }

    private static IEnumerable<string> Section(string title, IEnumerable<string> lines)
    {
        bool isFirst = true;
        foreach (string line in lines)
        {
            if (isFirst)
            {
                yield return title;
            }
            isFirst = false;
            yield return "    " + line;
        }
    }

    // Rows may break a check that is not valid.
    private static bool IsLate(ConstraintDefinition constraint) => constraint.Kind == ConstraintKind.ForeignKey || constraint.IsNotValid;

    private static IEnumerable<ConstraintDefinition> ConstraintsOf(TableDefinition table, ConstraintKind kind) =>
        table.Constraints.Where(constraint => constraint.Kind == kind);

    private string Text(ConstraintDefinition constraint, TableDefinition table)
    {
        string columns = Names(table, constraint.Columns);
        string text = constraint.Kind switch
        {
            ConstraintKind.PrimaryKey => $"PRIMARY KEY ({columns})",
            ConstraintKind.Unique => $"UNIQUE{(IsNullsEqual(constraint, table) ? " NULLS NOT DISTINCT" : "")} ({columns})",
            ConstraintKind.Check => $"CHECK ({constraint.CheckText})",
            _ => ForeignKey(constraint, columns),
        };
        return text + (constraint.IsDeferrable ? " DEFERRABLE" : "") + (constraint.IsInitiallyDeferred ? " INITIALLY DEFERRED" : "")
            + (constraint.IsNotValid ? " NOT VALID" : "");
    }

    private string ForeignKey(ConstraintDefinition key, string columns)
    {
        TableDefinition referenced = _catalog.GetTable(key.ReferencedTableOid);
        return $"FOREIGN KEY ({columns}) REFERENCES {Qualify(referenced.Schema, referenced.Name)}({Names(referenced, key.ReferencedColumns)})"
            + (key.IsMatchFull ? " MATCH FULL" : "") + Action(" ON UPDATE", key.OnUpdate) + Action(" ON DELETE", key.OnDelete);
    }

    private static string Action(string on, ReferentialAction action) => action switch
    {
        ReferentialAction.Restrict => on + " RESTRICT",
        ReferentialAction.Cascade => on + " CASCADE",
        ReferentialAction.SetNull => on + " SET NULL",
        ReferentialAction.SetDefault => on + " SET DEFAULT",
        _ => "",
    };

    private static bool IsNullsEqual(ConstraintDefinition constraint, TableDefinition table) =>
        table.Indexes.Any(index => index.Oid == constraint.IndexOid && index.NullsEqual);

    private static string Names(TableDefinition table, IEnumerable<int> numbers) =>
        string.Join(", ", numbers.Select(number => Quote(NameOf(table, number))));

    private static string NameOf(TableDefinition table, int number) => table.Columns[table.IndexOfNumber(number)].Name;

    public static string QualifiedName(ViewDefinition view) => Qualify(view.Schema, view.Name);

    public static string QualifiedName(TableDefinition table) => Qualify(table.Schema, table.Name);

    // "character" alone would be character(1).
    private static string TypeName(SqlType type) => type.Id is SqlTypeId.Char or SqlTypeId.PaddedChar && type.Precision < 0 ? "bpchar" : type.ToString();

    private static string Qualify(string schema, string name) =>
        schema == DatabaseCatalog.DefaultSchema ? Quote(name) : $"{Quote(schema)}.{Quote(name)}";

    /// <summary>In double quotes where the bare word would be folded or is a keyword.</summary>
    private static string Quote(string name)
    {
        bool isPlain = name.Length > 0 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
            && Keywords.ClassOf(name) is KeywordClass.None or KeywordClass.Unreserved;
        return isPlain ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
