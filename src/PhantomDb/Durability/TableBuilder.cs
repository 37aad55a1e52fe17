using PhantomDb.Catalog;
using PhantomDb.Types;

namespace PhantomDb.Durability;

/// <summary>Puts a table's definition together from the lines of its section, before its first row.</summary>
internal sealed class TableBuilder(int oid, string schema, string name, Func<int> takeOid)
{
    private readonly List<ColumnDefinition> _columns = [];
    private readonly List<ConstraintDefinition> _constraints = [];
    private readonly List<IndexDefinition> _indexes = [];
    // Those that are not a type's default; all have the same order as it has.
    private static readonly string[] OperatorClasses = ["varchar_ops", "text_pattern_ops", "varchar_pattern_ops", "bpchar_pattern_ops"];

    private bool _hasColumns;
    private int[]? _dataOrder;
    private string? _comment;

    public int Oid => oid;

    public List<ForeignKeyLine> ForeignKeys { get; } = [];

    /// <summary>Indexes with expressions or predicates.</summary>
    public List<LateIndex> LateIndexes { get; } = [];

    /// <summary>For each cell of a row, the place of its column.</summary>
    public int[] DataOrder => _dataOrder ?? [.. Enumerable.Range(0, _columns.Count)];

    /// <summary>Storage numbers of a table's columns by name.</summary>
    public static int[] Numbers(TableDefinition table, IEnumerable<string> names) => [.. names.Select(n => table.IndexOf(n) is >= 0 and int i
        ? table.Columns[i].Number : throw new PhantomDbException(Errors.SqlStates.UndefinedColumn, $"column \"{n}\" of table \"{table.Name}\" does not exist"))];

    public TableDefinition Build() => _hasColumns
        ? new(oid, schema, name, _columns) { Constraints = _constraints, Indexes = _indexes, Comment = _comment }
        : throw new FormatException("the line COLUMNS is missing");

    /// <summary>Takes a line; false where its kind is not known.</summary>
    public bool TryAdd(string kind, string[] cells, bool isOurs)
    {
        if (kind != "COLUMNS" && !_hasColumns)
        {
            throw new FormatException("the line COLUMNS is missing before this");
        }
        switch (kind)
        {
            case "COLUMNS" when !_hasColumns:
                _hasColumns = true;
                foreach (string cell in Cells(cells))
                {
                    (string columnName, SqlType type) = SectionLoader.ParseColumn(cell, isOurs);
                    EnsureNew(_columns.Select(c => c.Name), columnName);
                    _columns.Add(new ColumnDefinition(columnName, type, _columns.Count));
                }
                return true;
            case "DATA" when _dataOrder is null:
                int[] order = [.. Cells(cells).Select(c => IndexOf(SectionLoader.ColumnName(c, isOurs)))];
                if (order.Length != _columns.Count || order.Distinct().Count() != order.Length)
                {
                    throw new FormatException("the line DATA does not name every column once");
                }
                _dataOrder = order;
                return true;
            case "NOTNULL":
                foreach (string cell in cells)
                {
                    Change(cell, c => c with { IsNotNull = true });
                }
                return true;
            case "DEFAULT" when cells.Length == 2:
                Change(cells[0], c => c with { DefaultText = cells[1] });
                return true;
            case "CONSTRAINT" when cells.Length == 1:
                AddConstraint(cells[0]);
                return true;
            case "INDEX" when cells.Length == 1:
                AddIndex(cells[0]);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Takes a comment on the table or a part of it; false where there is no such part.</summary>
    public bool TryComment(string kind, string target, string text)
    {
        if (kind == "TABLE")
        {
            _comment = text;
            return true;
        }
        if (target.Length == 0)
        {
            return false;
        }
        string part = new DefinitionText(target).Name();
        return kind switch
        {
            "COLUMN" => Replace(_columns, c => c.Name == part, c => c with { Comment = text }),
            "CONSTRAINT" => Replace(_constraints, c => c.Name == part, c => c with { Comment = text })
                || Replace(ForeignKeys, c => c.Name == part, c => c with { Comment = text }),
            "INDEX" => Replace(_indexes, i => i.Name == part, i => i with { Comment = text })
                || Replace(LateIndexes, i => i.Name == part, i => i with { Comment = text }),
            _ => false,
        };
    }

    // A table may have no columns at all.
    private static string[] Cells(string[] cells) => cells is [""] ? [] : cells;

    private static bool Replace<T>(List<T> items, Predicate<T> match, Func<T, T> change)
    {
        int i = items.FindIndex(match);
        if (i >= 0)
        {
            items[i] = change(items[i]);
        }
        return i >= 0;
    }

    private static void EnsureNew(IEnumerable<string> names, string added)
    {
        if (names.Contains(added))
        {
            throw new FormatException($"\"{added}\" stands there twice");
        }
    }

    private int IndexOf(string column) => _columns.FindIndex(c => c.Name == column) is >= 0 and int i
        ? i : throw new FormatException($"column \"{column}\" of table \"{name}\" does not exist");

    private void Change(string nameText, Func<ColumnDefinition, ColumnDefinition> change)
    {
        int i = IndexOf(new DefinitionText(nameText).Name());
        _columns[i] = change(_columns[i]);
    }

    private void AddConstraint(string line)
    {
        var text = new DefinitionText(line);
        string constraintName = text.Name();
        EnsureNew(_constraints.Select(c => c.Name).Concat(ForeignKeys.Select(c => c.Name)), constraintName);
        if (text.TryTake("PRIMARY KEY"))
        {
            AddKey(text, constraintName, ConstraintKind.PrimaryKey, nullsEqual: false);
        }
        else if (text.TryTake("UNIQUE"))
        {
            AddKey(text, constraintName, ConstraintKind.Unique, text.TryTake("NULLS NOT DISTINCT"));
        }
        else if (text.TryTake("CHECK"))
        {
            text.Take("(");
            string condition = text.RestInParentheses(out bool isNotValid);
            // More columns than it reads do no harm: the check is looked at once more than need be.
            HashSet<string> names = DefinitionText.NamesIn(condition);
            _constraints.Add(new ConstraintDefinition(takeOid(), constraintName, ConstraintKind.Check)
            {
                CheckText = condition, IsNotValid = isNotValid, Columns = [.. _columns.Where(c => names.Contains(c.Name)).Select(c => c.Number)],
            });
        }
        else
        {
            string rest = line[line.IndexOf("FOREIGN KEY", StringComparison.OrdinalIgnoreCase) is >= 0 and int at ? at.. : throw new FormatException($"constraint \"{constraintName}\" is of no kind that is known")];
            ForeignKeys.Add(new ForeignKeyLine(constraintName, rest));
        }
    }

    private void AddKey(DefinitionText text, string constraintName, ConstraintKind kind, bool nullsEqual)
    {
        int[] columns = [.. text.NameList().Select(IndexOf)];
        bool isDeferrable = text.TryTake("DEFERRABLE");
        bool isDeferred = text.TryTake("INITIALLY DEFERRED");
        text.End();
        if (kind == ConstraintKind.PrimaryKey)
        {
            foreach (int i in columns)
            {
                _columns[i] = _columns[i] with { IsNotNull = true };
            }
        }
        var index = new IndexDefinition(takeOid(), constraintName, oid, [.. columns.Select(i => new IndexColumn(_columns[i].Number, false, false))])
        {
            IsUnique = true, IsConstraint = true, NullsEqual = nullsEqual, IsDeferrable = isDeferrable,
        };
        _indexes.Add(index);
        _constraints.Add(new ConstraintDefinition(takeOid(), constraintName, kind)
        {
            Columns = [.. columns.Select(i => _columns[i].Number)], IndexOid = index.Oid, IsDeferrable = isDeferrable, IsInitiallyDeferred = isDeferred,
        });
    }

    private void AddIndex(string line)
    {
        var text = new DefinitionText(line);
        string indexName = text.Name();
        EnsureNew(_indexes.Select(i => i.Name).Concat(LateIndexes.Select(i => i.Name)), indexName);
        bool isUnique = text.TryTake("UNIQUE");
        bool nullsEqual = text.TryTake("NULLS NOT DISTINCT");
        List<LateKey> keys = [];
        text.Take("(");
        do
        {
            keys.Add(Key(text));
        }
        while (text.TryTake(","));
        text.Take(")");
        List<string> included = text.TryTake("INCLUDE") ? text.NameList() : [];
        string? predicate = text.TryTake("WHERE") ? text.Rest() : null;
        text.End();
        int[] includedNumbers = [.. included.Select(column => _columns[IndexOf(column)].Number)];
        if (predicate is not null || keys.Exists(key => key.Expression is not null))
        {
            LateIndexes.Add(new LateIndex(oid, indexName, keys) { IsUnique = isUnique, NullsEqual = nullsEqual, Included = included, Predicate = predicate });
            return;
        }
        IndexColumn[] columns = [.. keys.Select(key => key.Order with { ColumnNumber = _columns[IndexOf(key.Column!)].Number })];
        _indexes.Add(new IndexDefinition(takeOid(), indexName, oid, columns) { IsUnique = isUnique, NullsEqual = nullsEqual, Included = includedNumbers });
    }

    // A column's name, an expression in parentheses, or a function's call.
    private static LateKey Key(DefinitionText text)
    {
        string? column = text.IsNext('(') ? null : text.Name();
        string? expression = text.IsNext('(') ? text.Parenthesized() : null;
        if (column is not null && expression is not null)
        {
            expression = $"({DefinitionText.Quote(column)}{expression})";
            column = null;
        }
        string? operatorClass = Array.Find(OperatorClasses, text.TryTake);
        bool isDescending = text.TryTake("DESC");
        bool nullsFirst = text.TryTake("NULLS FIRST") || (!text.TryTake("NULLS LAST") && isDescending);
        return new LateKey(column, expression, new IndexColumn(-1, isDescending, nullsFirst) { OperatorClass = operatorClass });
    }
}
