using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Parsing;
using PhantomDb.Planning.Logical;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>
/// What stands in the text of views, defaults and checks, and so depends on other objects: found by binding the text again.
/// It follows renames, and is in the way of drops.
/// </summary>
internal sealed partial class SchemaBinder
{
    /// <summary>Views whose text reads a relation itself, with what their names mean.</summary>
    private IEnumerable<(ViewDefinition View, NameUses Uses)> ViewsOver(int relationOid)
    {
        foreach (ViewDefinition view in state.Catalog.ViewsOver(relationOid).ToArray())
        {
            if (_change.Catalog.Find(view.Oid) is null)
            {
                continue;
            }
            NameUses uses = StoredText.UsesOf(Apart(), view);
            if (uses.Relations.Any(r => r.Oid == relationOid) || uses.Texts.Any(t => t.Oid == relationOid))
            {
                yield return (view, uses);
            }
        }
    }

    /// <summary>Views that read a column of a table. Where an alias list names columns by place, the places must stay as they are.</summary>
    private ViewDefinition[] ViewsOverColumn(int tableOid, int number)
    {
        int place = state.Catalog.GetTable(tableOid).IndexOfNumber(number);
        return
        [
            .. ViewsOver(tableOid)
                .Where(v => v.Uses.Uses(tableOid, number) || v.Uses.Relations.Any(r => r.Oid == tableOid && r.Alias?.Columns.Count > place))
                .Select(v => v.View),
        ];
    }

    /// <summary>Columns whose defaults name a relation: nextval('q').</summary>
    private IEnumerable<(TableDefinition Table, ColumnDefinition Column, NameUses Uses)> DefaultsOver(int relationOid)
    {
        foreach (TableDefinition table in state.Catalog.Tables.OrderBy(t => t.Oid).ToArray())
        {
            foreach (ColumnDefinition column in table.Columns.Where(c => c.DefaultText is not null && c.DefaultText.Contains('\'', StringComparison.Ordinal)))
            {
                if (column.SequenceOid != 0 && column.SequenceOid != relationOid && column.DefaultText!.StartsWith("nextval(", StringComparison.Ordinal))
                {
                    continue;   // a serial column of another sequence: many, and known without their texts being bound
                }
                BindingState apart = Apart();
                NameUses uses = apart.InView(DatabaseCatalog.DefaultSchema, () =>
                    apart.Record(() => ModificationBinder.BindDefault(apart, SqlParser.ParseExpression(column.DefaultText!), column)));
                if (uses.Texts.Any(t => t.Oid == relationOid))
                {
                    yield return (table, column, uses);
                }
            }
        }
    }

    /// <summary>Defaults that take their values from a sequence that is to go: 2BP01, or dropped with it under CASCADE.</summary>
    private void DropDefaultsOver(SequenceDefinition sequence, string what, HashSet<int> dropped, bool cascades)
    {
        (TableDefinition Table, ColumnDefinition Column, NameUses Uses)[] found = [.. DefaultsOver(sequence.Oid).Where(d => !dropped.Contains(d.Table.Oid))];
        if (found.Length > 0 && !cascades)
        {
            throw Dependents(what, found.Select(d => $"default value for column {d.Column.Name} of table {d.Table.Name} depends on sequence {sequence.Name}"));
        }
        foreach ((TableDefinition table, ColumnDefinition column, _) in found)
        {
            _change.CascadeTo($"default value for column {column.Name} of table {table.Name}");
            ReplaceColumn(table.Oid, column.Number, c => c with { DefaultText = null, SequenceOid = 0 });
        }
    }

    // What other objects' texts name is nothing that this statement depends on.
    private BindingState Apart() => new(state.Context);

    /// <summary>A relation has got another name or schema: the texts that name it follow.</summary>
    private void FollowRename(int oid, string schema, string name)
    {
        foreach ((ViewDefinition view, NameUses uses) in ViewsOver(oid))
        {
            PutText(view, text => StoredText.WithRelation(text, uses, oid, schema, name));
        }
        foreach ((TableDefinition table, ColumnDefinition column, NameUses uses) in DefaultsOver(oid))
        {
            ReplaceColumn(table.Oid, column.Number, c => c with { DefaultText = StoredText.WithRelation(c.DefaultText!, uses, oid, schema, name) });
        }
    }

    /// <summary>A column of a table or view has got another name: the views that name it follow.</summary>
    private void FollowColumnRename(int relationOid, int number, string name, int position)
    {
        foreach ((ViewDefinition view, NameUses uses) in ViewsOver(relationOid))
        {
            if (uses.MergedColumns.Contains((relationOid, number)))
            {
                throw Error.NotSupported($"renaming a column that view \"{view.Name}\" joins by USING", position);
            }
            PutText(view, text => StoredText.WithColumn(text, uses, relationOid, number, name));
        }
    }

    // The text as it will be must mean what it did: it is bound against the new definitions before anything happens.
    private void PutText(ViewDefinition view, Func<string, string> edit)
    {
        string text = edit(view.QueryText);
        if (text == view.QueryText)
        {
            return;
        }
        var current = (ViewDefinition)_change.Catalog.Find(view.Oid)!;
        ViewDefinition changed = current with { QueryText = text, Version = current.Version + 1 };
        _change.Put(changed);
        try
        {
            StoredText.UsesOf(new BindingState(state.Context with { Catalog = _change.Catalog }), changed);
        }
        catch (PhantomDbException failure)
        {
            throw Error.NotSupported($"renaming what view \"{view.Name}\" uses ({failure.Message})");
        }
    }

    private void ReplaceColumn(int tableOid, int number, Func<ColumnDefinition, ColumnDefinition> replace)
    {
        if (_change.Catalog.Find(tableOid) is TableDefinition table)
        {
            _change.Put(table with { Columns = [.. table.Columns.Select(c => c.Number == number ? replace(c) : c)], Version = table.Version + 1 });
        }
    }
}
