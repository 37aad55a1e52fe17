using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;

namespace PhantomDb.Parsing;

/// <summary>What queries need.</summary>
internal sealed partial class SyntaxPrinter
{
    private SyntaxPrinter WriteQuery(SelectStatement query)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.StatementTooComplex();
        }
        if (query.With is { } with)
        {
            Append(with.IsRecursive ? "WITH RECURSIVE " : "WITH ").WriteList(with.Tables, static (printer, table) => printer.WriteCommonTable(table)).Append(" ");
        }
        WriteBody(query.Body);
        if (query.OrderBy.Count > 0)
        {
            Append(" ").WriteOrderBy(query.OrderBy);
        }
        if (query.Offset is { } offset)
        {
            Append(" OFFSET ").Write(offset);
        }
        if (query.Limit is { } limit)
        {
            if (query.WithTies)
            {
                bool isNumber = limit is LiteralSyntax;
                Append(isNumber ? " FETCH FIRST " : " FETCH FIRST (").Write(limit).Append(isNumber ? " ROWS WITH TIES" : ") ROWS WITH TIES");
            }
            else
            {
                Append(" LIMIT ").Write(limit);
            }
        }
        foreach (LockingClause locking in query.Locking)
        {
            WriteLocking(locking);
        }
        return this;
    }

    private void WriteLocking(LockingClause locking)
    {
        Append(locking.Strength switch
        {
            LockStrength.ForKeyShare => " FOR KEY SHARE",
            LockStrength.ForShare => " FOR SHARE",
            LockStrength.ForNoKeyUpdate => " FOR NO KEY UPDATE",
            _ => " FOR UPDATE",
        });
        if (locking.Tables.Count > 0)
        {
            Append(" OF ").WriteList(locking.Tables, static (printer, table) => printer.Append(SqlText.QuoteName(table)));
        }
        Append(locking.WaitPolicy switch
        {
            LockWaitPolicy.NoWait => " NOWAIT",
            LockWaitPolicy.SkipLocked => " SKIP LOCKED",
            _ => "",
        });
    }

    private void WriteCommonTable(CommonTableExpression table)
    {
        Append(SqlText.QuoteIdentifier(table.Name)).WriteColumnNames(table.Columns);
        Append(table.Materialization switch
        {
            CteMaterialization.Materialized => " AS MATERIALIZED (",
            CteMaterialization.NotMaterialized => " AS NOT MATERIALIZED (",
            _ => " AS (",
        });
        WriteQuery(table.Statement as SelectStatement ?? throw Error.NotSupported("a data-modifying statement in WITH here", table.Position)).Append(")");
        if (table.Search is { } search)
        {
            Append(search.IsBreadthFirst ? " SEARCH BREADTH FIRST BY " : " SEARCH DEPTH FIRST BY ").WriteNames(search.Columns)
                .Append(" SET ").Append(SqlText.QuoteIdentifier(search.SequenceColumn));
        }
        if (table.Cycle is { } cycle)
        {
            Append(" CYCLE ").WriteNames(cycle.Columns).Append(" SET ").Append(SqlText.QuoteIdentifier(cycle.MarkColumn));
            if (cycle is { MarkValue: { } value, MarkDefault: { } otherwise })
            {
                Append(" TO ").WriteMark(value).Append(" DEFAULT ").WriteMark(otherwise);
            }
            Append(" USING ").Append(SqlText.QuoteIdentifier(cycle.PathColumn));
        }
    }

    /// <summary>The marks of CYCLE are constants: a typed one is written type first, for a cast may not stand there.</summary>
    private SyntaxPrinter WriteMark(ExpressionSyntax value) => value is CastSyntax { Operand: LiteralSyntax text } cast
        ? WriteType(cast.Type).Append(" ").Write(text)
        : Write(value);

    private SyntaxPrinter WriteColumnNames(SyntaxList<string> names) => names.Count == 0 ? this : Append("(").WriteNames(names).Append(")");

    private void WriteBody(QueryBody body)
    {
        switch (body)
        {
            case SelectCore select:
                WriteSelect(select);
                break;
            case ValuesBody values:
                Append("VALUES ").WriteList(values.Rows, static (printer, row) => printer.Append("(").WriteList(row).Append(")"));
                break;
            case NestedQuery nested:
                Append("(").WriteQuery(nested.Query).Append(")");
                break;
            case SetOperation operation:
                WriteSetOperation(operation);
                break;
        }
    }

    private void WriteSetOperation(SetOperation operation)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.StatementTooComplex();
        }
        string name = operation.Kind.ToString().ToUpperInvariant() + (operation.IsAll ? " ALL " : " ");
        bool isIntersect = operation.Kind == SetOperationKind.Intersect;
        for (int i = 0; i < operation.Operands.Count; i++)
        {
            if (i > 0)
            {
                Append(" ").Append(name);
            }
            // INTERSECT binds closer; operations of one precedence go from left to right.
            bool needsParentheses = operation.Operands[i] is SetOperation inner
                && (inner.Kind == SetOperationKind.Intersect ? isIntersect && i > 0 : isIntersect || i > 0);
            Append(needsParentheses ? "(" : "");
            WriteBody(operation.Operands[i]);
            Append(needsParentheses ? ")" : "");
        }
    }

    private void WriteSelect(SelectCore select)
    {
        Append("SELECT");
        if (select.Distinct is { } distinct)
        {
            Append(" DISTINCT");
            if (distinct.On.Count > 0)
            {
                Append(" ON (").WriteList(distinct.On).Append(")");
            }
        }
        if (select.Items.Count > 0)
        {
            Append(" ").WriteList(select.Items, static (printer, item) => printer.WriteSelectItem(item));
        }
        if (select.Into is { } into)
        {
            Append(into.Persistence switch
            {
                TablePersistence.Temporary => " INTO TEMPORARY ",
                TablePersistence.Unlogged => " INTO UNLOGGED ",
                _ => " INTO ",
            }).Append(SqlText.QuoteName(into.Table));
        }
        if (select.From.Count > 0)
        {
            Append(" FROM ").WriteList(select.From, static (printer, table) => printer.WriteTable(table));
        }
        if (select.Where is { } where)
        {
            Append(" WHERE ").Write(where);
        }
        if (select.GroupBy is { } groupBy)
        {
            Append(groupBy.IsDistinct ? " GROUP BY DISTINCT " : " GROUP BY ").WriteList(groupBy.Elements, static (printer, element) => printer.WriteGrouping(element));
        }
        if (select.Having is { } having)
        {
            Append(" HAVING ").Write(having);
        }
        if (select.Windows.Count > 0)
        {
            Append(" WINDOW ").WriteList(select.Windows, static (printer, window) =>
                printer.Append(SqlText.QuoteIdentifier(window.Name)).Append(" AS ").WriteWindow(window.Specification));
        }
    }

    private void WriteSelectItem(SelectItem item)
    {
        Write(item.Expression);
        if (item.Alias is { } alias)
        {
            Append(" AS ").Append(SqlText.QuoteIdentifier(alias));
        }
    }

    private void WriteGrouping(GroupingElement element)
    {
        switch (element)
        {
            case ExpressionGrouping grouping:
                Write(grouping.Expression);
                break;
            case EmptyGrouping:
                Append("()");
                break;
            case RollupGrouping rollup:
                Append("ROLLUP (").WriteList(rollup.Expressions).Append(")");
                break;
            case CubeGrouping cube:
                Append("CUBE (").WriteList(cube.Expressions).Append(")");
                break;
            case GroupingSetsGrouping sets:
                Append("GROUPING SETS (").WriteList(sets.Elements, static (printer, inner) => printer.WriteGrouping(inner)).Append(")");
                break;
        }
    }

    private SyntaxPrinter WriteOrderBy(SyntaxList<OrderByItem> items) => Append("ORDER BY ").WriteList(items, static (printer, item) => printer.WriteOrderByItem(item));

    private void WriteOrderByItem(OrderByItem item)
    {
        Write(item.Expression);
        Append(item.UsingOperator is { } name ? " USING " + name : item.Direction switch
        {
            SortDirection.Ascending => " ASC",
            SortDirection.Descending => " DESC",
            _ => "",
        });
        Append(item.Nulls switch
        {
            NullsOrder.First => " NULLS FIRST",
            NullsOrder.Last => " NULLS LAST",
            _ => "",
        });
    }

    private SyntaxPrinter WriteWindow(WindowSpecificationSyntax window)
    {
        Append("(");
        string separator = "";
        if (window.BaseName is { } name)
        {
            Append(SqlText.QuoteIdentifier(name));
            separator = " ";
        }
        if (window.PartitionBy.Count > 0)
        {
            Append(separator).Append("PARTITION BY ").WriteList(window.PartitionBy);
            separator = " ";
        }
        if (window.OrderBy.Count > 0)
        {
            Append(separator).WriteOrderBy(window.OrderBy);
            separator = " ";
        }
        if (window.Frame is { } frame)
        {
            Append(separator).WriteFrame(frame);
        }
        return Append(")");
    }

    private void WriteFrame(FrameSyntax frame)
    {
        Append(frame.Unit.ToString().ToUpperInvariant()).Append(frame.HasBetween ? " BETWEEN " : " ");
        WriteFrameBound(frame.Start);
        if (frame.HasBetween)
        {
            Append(" AND ");
            WriteFrameBound(frame.End);
        }
        Append(frame.Exclusion switch
        {
            FrameExclusion.CurrentRow => " EXCLUDE CURRENT ROW",
            FrameExclusion.Group => " EXCLUDE GROUP",
            FrameExclusion.Ties => " EXCLUDE TIES",
            _ => "",
        });
    }

    private void WriteFrameBound(FrameBoundSyntax bound)
    {
        if (bound.Offset is { } offset)
        {
            Write(offset, Level.OtherOperator).Append(" ");
        }
        Append(bound.Kind switch
        {
            FrameBoundKind.UnboundedPreceding => "UNBOUNDED PRECEDING",
            FrameBoundKind.Preceding => "PRECEDING",
            FrameBoundKind.CurrentRow => "CURRENT ROW",
            FrameBoundKind.Following => "FOLLOWING",
            _ => "UNBOUNDED FOLLOWING",
        });
    }

    // FROM

    private void WriteTable(TableReference table)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.StatementTooComplex();
        }
        switch (table)
        {
            case NamedTable named:
                Append(named.Only ? "ONLY " : "").Append(SqlText.QuoteName(named.Name)).WriteAlias(named.Alias);
                if (named.Sample is { } sample)
                {
                    Append(" TABLESAMPLE ").Append(SqlText.QuoteName(sample.Method)).Append("(").WriteList(sample.Arguments).Append(")");
                    if (sample.Seed is { } seed)
                    {
                        Append(" REPEATABLE (").Write(seed).Append(")");
                    }
                }
                break;
            case DerivedTable derived:
                Append(derived.IsLateral ? "LATERAL (" : "(").WriteQuery(derived.Query).Append(")").WriteAlias(derived.Alias);
                break;
            case FunctionTable function:
                WriteFunctionTable(function);
                break;
            case JoinTable { Alias: { } alias } join:
                Append("(");
                WriteJoin(join);
                Append(")").WriteAlias(alias);
                break;
            case JoinTable join:
                WriteJoin(join);
                break;
            case UnsupportedTable unsupported:
                throw Error.NotSupported(unsupported.Feature, unsupported.Position);
        }
    }

    private void WriteFunctionTable(FunctionTable function)
    {
        Append(function.IsLateral ? "LATERAL " : "").Append(function.IsRowsFrom ? "ROWS FROM (" : "");
        WriteList(function.Functions, static (printer, item) =>
        {
            printer.Write(item.Call);
            if (item.ColumnDefinitions.Count > 0)
            {
                printer.Append(" AS (").WriteRecordColumns(item.ColumnDefinitions).Append(")");
            }
        });
        Append(function.IsRowsFrom ? ")" : "").Append(function.WithOrdinality ? " WITH ORDINALITY" : "").WriteAlias(function.Alias);
    }

    private void WriteAlias(TableAlias? alias)
    {
        if (alias is null)
        {
            return;
        }
        Append(" AS ").Append(alias.Name is { } name ? SqlText.QuoteIdentifier(name) : "").WriteColumnNames(alias.Columns);
        if (alias.ColumnDefinitions.Count > 0)
        {
            Append("(").WriteRecordColumns(alias.ColumnDefinitions).Append(")");
        }
    }

    private SyntaxPrinter WriteRecordColumns(SyntaxList<RecordColumn> columns) => WriteList(columns, static (printer, column) =>
    {
        printer.Append(SqlText.QuoteIdentifier(column.Name)).Append(" ").WriteType(column.Type);
        if (column.Collation is { } collation)
        {
            printer.Append(" COLLATE ").Append(SqlText.QuoteName(collation));
        }
    });

    private void WriteJoin(JoinTable join)
    {
        WriteTable(join.Left);
        Append(join.IsNatural ? " NATURAL" : "").Append(join.Kind switch
        {
            JoinKind.Cross => " CROSS JOIN ",
            JoinKind.Left => " LEFT JOIN ",
            JoinKind.Right => " RIGHT JOIN ",
            JoinKind.Full => " FULL JOIN ",
            _ => " JOIN ",
        });
        bool isNested = join.Right is JoinTable { Alias: null };
        Append(isNested ? "(" : "");
        WriteTable(join.Right);
        Append(isNested ? ")" : "");
        if (join.On is { } on)
        {
            Append(" ON ").Write(on);
        }
        if (join.Using.Count > 0)
        {
            Append(" USING (").WriteNames(join.Using).Append(")").Append(join.UsingAlias is { } alias ? " AS " + SqlText.QuoteIdentifier(alias) : "");
        }
    }
}
