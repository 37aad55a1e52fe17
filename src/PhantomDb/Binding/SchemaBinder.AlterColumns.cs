using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>ALTER TABLE of columns: adding, dropping, changing type, default, NOT NULL and identity.</summary>
internal sealed partial class SchemaBinder
{
    private void AddColumn(Alteration alteration, AddColumnAction add)
    {
        TableBuilder builder = alteration.Builder;
        if (builder.Table.IndexOf(add.Column.Name) >= 0)
        {
            if (!add.IfNotExists)
            {
                throw Error.At(SqlStates.DuplicateColumn, $"column \"{add.Column.Name}\" of relation \"{builder.Table.Name}\" already exists", add.Position);
            }
            _change.Notice($"column \"{add.Column.Name}\" of relation \"{builder.Table.Name}\" already exists, skipping");
            return;
        }
        ColumnDefinition column = AddColumn(builder, add.Column);
        AddColumnConstraints(builder, add.Column, isForeignKeyTurn: false);
        AddColumnConstraints(builder, add.Column, isForeignKeyTurn: true);
        alteration.Values[column.Number] = ModificationBinder.DefaultOf(state, column);
        alteration.NeedsRewrite = true;
        if (column.IsNotNull)
        {
            builder.NewlyNotNull.Add(column.Name);
        }
    }

    private void DropColumn(Alteration alteration, DropColumnAction drop)
    {
        TableBuilder builder = alteration.Builder;
        TableDefinition table = builder.Table;
        int place = table.IndexOf(drop.Column);
        if (place < 0)
        {
            if (!drop.IfExists)
            {
                throw Error.ColumnOfRelationNotFound(drop.Column, table.Name, drop.Position, table.Columns.Select(column => column.Name));
            }
            _change.Notice($"column \"{drop.Column}\" of relation \"{table.Name}\" does not exist, skipping");
            return;
        }
        ColumnDefinition column = table.Columns[place];
        bool cascades = drop.Behavior == DropBehavior.Cascade;
        string what = $"column {column.Name} of table {table.Name}";
        DropViews(what, WithViewsOver(ViewsOverColumn(table.Oid, column.Number), what, []), [], cascades);
        ConstraintDefinition[] constraints = [.. table.Constraints.Where(c => c.Columns.Contains(column.Number))];
        foreach (ConstraintDefinition constraint in constraints)
        {
            DropReferences(alteration, table, constraint, cascades);
        }
        IndexDefinition[] indexes = [.. table.Indexes.Where(i => DependsOn(table, i, column.Number))];
        builder.Table = (table with
        {
            Columns = [.. table.Columns.Where(c => c.Number != column.Number)],
            Constraints = [.. table.Constraints.Except(constraints)],
            Indexes = [.. table.Indexes.Except(indexes)],
        }).WithUsedExpressions();
        alteration.Values.Remove(column.Number);
        alteration.NeedsRewrite = true;
        foreach (SequenceDefinition sequence in _change.Catalog.SequencesOf(table.Oid).Where(s => s.OwnerColumnNumber == column.Number).ToArray())
        {
            DropDefaultsOver(sequence, what, [table.Oid], cascades);
            _change.RemoveRelation(sequence.Oid);
            _change.Do(new DropSequenceStorage(sequence.Oid));
        }
    }

    private void ChangeType(Alteration alteration, AlterColumnTypeAction retype)
    {
        TableBuilder builder = alteration.Builder;
        RefuseCollation(retype.Collation);
        ColumnDefinition column = builder.Column(retype.Column, retype.Position);
        SqlType type = TypeNames.BindStored(retype.Type);
        if (ViewsOverColumn(builder.Table.Oid, column.Number) is [var view, ..])
        {
            throw Error.At(SqlStates.FeatureNotSupported, "cannot alter type of a column used by a view or rule", retype.Position,
                detail: $"rule _RETURN on view {view.Name} depends on column \"{column.Name}\"");
        }
        if (column.Identity != IdentityKind.None)
        {
            CheckIdentityType(type, retype.Position);
        }
        int scanned = alteration.Before.IndexOfNumber(column.Number);
        if (scanned < 0)
        {
            throw Error.NotSupported("changing the type of a column added in the same statement", retype.Position);
        }
        var level = new QueryLevel { Clause = Clause.Using, IsPlain = true };
        var scope = new Scope(null, level)
        {
            Tables = [new ScopeTable(alteration.Before.Name, alteration.Scan.Output) { ColumnNames = [.. alteration.Before.Columns.Select(c => c.Name)], Schema = alteration.Before.Schema }],
        };
        var binder = new ExpressionBinder(state, scope, null);
        Expression source = retype.Using is null ? alteration.Scan.Output[scanned].Reference : binder.Bind(retype.Using);
        Expression value = binder.Coercion.TryCoerce(source, type, CastContext.Assignment)
            ?? throw Error.At(SqlStates.DatatypeMismatch,
                retype.Using is null ? $"column \"{column.Name}\" cannot be cast automatically to type {type.BaseName}" : $"result of USING clause for column \"{column.Name}\" cannot be cast automatically to type {type.BaseName}",
                retype.Position, hint: retype.Using is null ? $"You might need to specify \"USING {column.Name}::{type.BaseName}\"." : "You might need to add an explicit cast.");
        ColumnDefinition changed = column with { Type = type };
        if (column.DefaultText is not null && column.SequenceOid == 0)
        {
            ModificationBinder.DefaultOf(state, changed);   // must still be assignable
        }
        builder.Replace(changed);
        RetypeExpressions(builder, changed, retype.Position);
        CheckForeignKeys(alteration, column.Number, retype.Position);
        alteration.Checks.AddRange(builder.Table.Constraints.Where(c => c.Kind == ConstraintKind.Check && c.Columns.Contains(column.Number)));
        alteration.Values[column.Number] = value;
        alteration.NeedsRewrite = true;
    }

    // Keys that a column of another type now belongs to: the types must still fit, and so must the rows.
    private void CheckForeignKeys(Alteration alteration, int number, int position)
    {
        TableDefinition table = alteration.Builder.Table;
        foreach (TableDefinition other in _change.Catalog.TablesReferencing(table.Oid).Append(table).DistinctBy(t => t.Oid).OrderBy(t => t.Oid))
        {
            TableDefinition child = other.Oid == table.Oid ? table : other;
            foreach (ConstraintDefinition key in child.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey))
            {
                bool isOurs = child.Oid == table.Oid && key.Columns.Contains(number);
                if (!isOurs && !(key.ReferencedTableOid == table.Oid && key.ReferencedColumns.Contains(number)))
                {
                    continue;
                }
                TableDefinition parent = key.ReferencedTableOid == table.Oid ? table : _change.Catalog.GetTable(key.ReferencedTableOid);
                for (int i = 0; i < key.Columns.Count; i++)
                {
                    TableBuilder.CheckKeyTypes(key.Name, child.Columns[child.IndexOfNumber(key.Columns[i])],
                        parent.Columns[parent.IndexOfNumber(key.ReferencedColumns[i])], position);
                }
                alteration.ForeignKeys.Add((child.Oid, key));
            }
        }
    }

    private void SetDefault(TableBuilder builder, AlterColumnDefaultAction action)
    {
        ColumnDefinition column = builder.Column(action.Column, action.Position);
        if (column.Identity != IdentityKind.None)
        {
            throw Error.InvalidSyntax($"column \"{column.Name}\" of relation \"{builder.Table.Name}\" is an identity column", action.Position);
        }
        if (action.Default is null)
        {
            builder.Replace(column with { DefaultText = null, SequenceOid = 0 });
            return;
        }
        builder.Replace(column with { DefaultText = StoredText.OfDefault(state, action.Default, column), SequenceOid = 0 });
    }

    private static void SetNotNull(TableBuilder builder, AlterColumnNotNullAction action)
    {
        ColumnDefinition column = builder.Column(action.Column, action.Position);
        if (action.IsNotNull == column.IsNotNull)
        {
            return;
        }
        if (!action.IsNotNull && builder.Table.PrimaryKey?.Columns.Contains(column.Number) == true)
        {
            throw Error.At(SqlStates.InvalidTableDefinition, $"column \"{column.Name}\" is in a primary key", action.Position);
        }
        if (!action.IsNotNull && column.Identity != IdentityKind.None)
        {
            throw Error.InvalidSyntax($"column \"{column.Name}\" of relation \"{builder.Table.Name}\" is an identity column", action.Position);
        }
        builder.Replace(column with { IsNotNull = action.IsNotNull });
        if (action.IsNotNull)
        {
            builder.NewlyNotNull.Add(column.Name);
        }
    }

    private void AddIdentity(TableBuilder builder, AddIdentityAction action)
    {
        ColumnDefinition column = builder.Column(action.Column, action.Position);
        TableDefinition table = builder.Table;
        if (!column.IsNotNull)
        {
            throw Error.At(SqlStates.ObjectNotInPrerequisiteState, $"column \"{column.Name}\" of relation \"{table.Name}\" must be declared NOT NULL before identity can be added", action.Position);
        }
        if (column.Identity != IdentityKind.None || column.DefaultText is not null)
        {
            throw Error.At(SqlStates.ObjectNotInPrerequisiteState,
                $"column \"{column.Name}\" of relation \"{table.Name}\" already {(column.DefaultText is null ? "is an identity column" : "has a default value")}", action.Position);
        }
        CheckIdentityType(column.Type, action.Position);
        SequenceDefinition sequence = OwnedSequence(table.Schema, table.Name, table.Oid, column.Name, column.Number, column.Type, action.Options);
        builder.Replace(column with { Identity = action.IsAlways ? IdentityKind.Always : IdentityKind.ByDefault, SequenceOid = sequence.Oid });
    }

    private void AlterIdentity(TableBuilder builder, AlterIdentityAction action)
    {
        ColumnDefinition column = builder.Column(action.Column, action.Position);
        if (column.Identity == IdentityKind.None)
        {
            throw Error.At(SqlStates.ObjectNotInPrerequisiteState, $"column \"{column.Name}\" of relation \"{builder.Table.Name}\" is not an identity column", action.Position);
        }
        if (action.IsAlways is { } isAlways)
        {
            builder.Replace(column with { Identity = isAlways ? IdentityKind.Always : IdentityKind.ByDefault });
        }
        if (action.Options.Count > 0)
        {
            AlterSequence((SequenceDefinition)_change.Catalog.Find(column.SequenceOid)!, action.Options);
        }
    }

    private void DropIdentity(TableBuilder builder, DropIdentityAction action)
    {
        ColumnDefinition column = builder.Column(action.Column, action.Position);
        if (column.Identity == IdentityKind.None)
        {
            string message = $"column \"{column.Name}\" of relation \"{builder.Table.Name}\" is not an identity column";
            if (!action.IfExists)
            {
                throw Error.At(SqlStates.ObjectNotInPrerequisiteState, message, action.Position);
            }
            _change.Notice($"{message}, skipping");
            return;
        }
        _change.RemoveRelation(column.SequenceOid);
        _change.Do(new DropSequenceStorage(column.SequenceOid));
        builder.Replace(column with { Identity = IdentityKind.None, SequenceOid = 0 });
    }
}
