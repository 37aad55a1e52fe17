using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>
/// ALTER TABLE: the actions change one definition after the other; what storage must do for all of them comes at the end:
/// one rewrite where columns changed, then new indexes, then checks of the rows.
/// </summary>
internal sealed partial class SchemaBinder
{
    private sealed class Alteration(BindingState state, SchemaChangeBuilder change, TableDefinition before, LogicalScan scan)
    {
        public TableDefinition Before { get; } = before;

        public LogicalScan Scan { get; } = scan;

        public TableBuilder Builder { get; } = new(state, change, before);

        /// <summary>Values of new and changed columns, by storage number, over the scan of the table as it was.</summary>
        public Dictionary<int, Expression> Values { get; } = [];

        public bool NeedsRewrite { get; set; }

        /// <summary>Checks that read a column whose type has changed: all rows must pass them again.</summary>
        public List<ConstraintDefinition> Checks { get; } = [];

        public List<IndexDefinition> DroppedIndexes { get; } = [];

        /// <summary>Foreign keys whose rows must be looked at again, by the table that has them.</summary>
        public List<(int TableOid, ConstraintDefinition Constraint)> ForeignKeys { get; } = [];

        /// <summary>What is to be done when the new definition stands: dependents follow.</summary>
        public List<Action> Afterwards { get; } = [];
    }

    public BoundStatement BindAlterTable(AlterTableStatement statement)
    {
        string tag = statement.Kind switch
        {
            ObjectKind.View => "ALTER VIEW",
            ObjectKind.Index => "ALTER INDEX",
            ObjectKind.Table => "ALTER TABLE",
            _ => throw Error.NotSupported($"ALTER {statement.Kind.Name()}", statement.Position),
        };
        object? found = Find(statement.Table);
        if (found is null)
        {
            if (!statement.IfExists)
            {
                throw NameHints.RelationNotFound(state, statement.Table);
            }
            _change.Notice($"relation \"{statement.Table}\" does not exist, skipping");
            return _change.Build(tag);
        }
        if (found is not TableDefinition table)
        {
            return AlterOther(found, statement, tag);
        }
        if (statement.Kind is ObjectKind.View or ObjectKind.Index)
        {
            throw Error.At(SqlStates.WrongObjectType, $"\"{table.Name}\" is not {(statement.Kind == ObjectKind.View ? "a view" : "an index")}", statement.Table.Position);
        }
        var alteration = new Alteration(state, _change, table, QueryBinder.Scan(state, table, table.Name));
        foreach (AlterTableAction action in statement.Actions.OrderBy(PassOf))
        {
            Alter(alteration, action);
        }
        FinishAlteration(alteration);
        return _change.Build(tag);
    }

    /// <summary>The order in which actions take place, whatever the order they are written in; equal ones stay in theirs.</summary>
    private static int PassOf(AlterTableAction action) => action switch
    {
        DropColumnAction or DropConstraintAction or DropIdentityAction or AlterColumnDefaultAction { Default: null }
            or AlterColumnNotNullAction { IsNotNull: false } => 0,
        AlterColumnTypeAction => 1,
        AddColumnAction => 2,
        AlterColumnNotNullAction => 3,
        AddConstraintAction { Constraint: UniqueTableConstraint } => 4,
        AddConstraintAction or AddIdentityAction or AlterColumnDefaultAction => 5,
        _ => 6,
    };

    private SchemaChange AlterOther(object found, AlterTableStatement statement, string tag)
    {
        foreach (AlterTableAction action in statement.Actions)
        {
            switch (found, action)
            {
                case (_, OwnerToAction):
                    break;
                case (ViewDefinition view, RenameTableAction rename):
                    IsTaken(view.Schema, rename.NewName, false, action.Position);
                    _change.Put(view with { Name = rename.NewName, Version = view.Version + 1 });
                    FollowRename(view.Oid, view.Schema, rename.NewName);
                    break;
                case (ViewDefinition view, RenameColumnAction rename):
                    RenameViewColumn(view, rename);
                    break;
                case (ViewDefinition view, SetSchemaAction setSchema):
                    Move(view, setSchema.Schema, action.Position);
                    break;
                case (SequenceDefinition sequence, SetSchemaAction setSchema):
                    Move(sequence, setSchema.Schema, action.Position);
                    break;
                case (IndexDefinition index, RenameTableAction rename):
                    TableDefinition table = _change.Catalog.GetTable(index.TableOid);
                    IsTaken(table.Schema, rename.NewName, false, action.Position);
                    _change.Put(table with
                    {
                        Indexes = [.. table.Indexes.Select(i => i.Oid == index.Oid ? i with { Name = rename.NewName } : i)],
                        Constraints = [.. table.Constraints.Select(c => c.IndexOid == index.Oid ? c with { Name = rename.NewName } : c)],
                        Version = table.Version + 1,
                    });
                    break;
                case (IndexDefinition, SetOptionsAction options):
                    RefuseOptions(options.Options);
                    break;
                case (IndexDefinition, SetTablespaceAction tablespace):
                    RefuseTablespace(tablespace.Tablespace, tablespace.Position);
                    break;
                case (SequenceDefinition sequence, RenameTableAction rename):
                    RenameSequence(sequence, rename.NewName, action.Position);
                    break;
                default:
                    throw Error.NotSupported($"this action of {tag}", action.Position);
            }
        }
        return _change.Build(tag);
    }

    private void RenameSequence(SequenceDefinition sequence, string newName, int position)
    {
        IsTaken(sequence.Schema, newName, false, position);
        _change.Put(sequence with { Name = newName, Version = sequence.Version + 1 });
        FollowRename(sequence.Oid, sequence.Schema, newName);
    }

    private void RenameViewColumn(ViewDefinition view, RenameColumnAction rename)
    {
        int place = view.Columns.ToList().FindIndex(c => c.Name == rename.Column);
        if (place < 0)
        {
            throw Error.At(SqlStates.UndefinedColumn, $"column \"{rename.Column}\" does not exist", rename.Position);
        }
        if (view.Columns.Any(c => c.Name == rename.NewName))
        {
            throw Error.At(SqlStates.DuplicateColumn, $"column \"{rename.NewName}\" of relation \"{view.Name}\" already exists", rename.Position);
        }
        _change.Put(view with
        {
            Columns = [.. view.Columns.Select((c, i) => i == place ? c with { Name = rename.NewName } : c)], Version = view.Version + 1,
        });
        FollowColumnRename(view.Oid, place, rename.NewName, rename.Position);
    }

    /// <summary>ALTER VIEW and ALTER SEQUENCE … SET SCHEMA.</summary>
    public BoundStatement BindSetSchema(AlterSchemaStatement statement)
    {
        string tag = $"ALTER {statement.Kind.Name()}";
        object? found = Find(statement.Name);
        switch (found)
        {
            case null when statement.IfExists:
                _change.Notice($"relation \"{statement.Name}\" does not exist, skipping");
                break;
            case null:
                throw NameHints.RelationNotFound(state, statement.Name, [NameHints.Table, NameHints.View, NameHints.Sequence, NameHints.Index]);
            case ViewDefinition view when statement.Kind == ObjectKind.View:
                Move(view, statement.Schema, statement.Position);
                break;
            case SequenceDefinition sequence when statement.Kind == ObjectKind.Sequence:
                Move(sequence, statement.Schema, statement.Position);
                break;
            default:
                throw statement.Kind is ObjectKind.View or ObjectKind.Sequence
                    ? Error.At(SqlStates.WrongObjectType, $"\"{statement.Name.Name}\" is not a {statement.Kind.ToString().ToLowerInvariant()}", statement.Name.Position)
                    : Error.NotSupported($"{tag} SET SCHEMA", statement.Position);
        }
        return _change.Build(tag);
    }

    private void Move(ViewDefinition view, string schema, int position)
    {
        CheckNewSchema(schema, view.Name, position);
        _change.Put(view with { Schema = schema, QueryText = StoredText.OfMovedView(state, view, schema), Version = view.Version + 1 });
        FollowRename(view.Oid, schema, view.Name);
    }

    private void Move(SequenceDefinition sequence, string schema, int position)
    {
        if (_change.Catalog.Find(sequence.OwnerTableOid) is TableDefinition owner)
        {
            throw Error.At(SqlStates.FeatureNotSupported, "cannot move an owned sequence into another schema", position,
                detail: $"Sequence \"{sequence.Name}\" is linked to table \"{owner.Name}\".");
        }
        CheckNewSchema(schema, sequence.Name, position);
        _change.Put(sequence with { Schema = schema, Version = sequence.Version + 1 });
        FollowRename(sequence.Oid, schema, sequence.Name);
    }

    private void CheckNewSchema(string schema, string name, int position)
    {
        if (!_change.Catalog.HasSchema(schema))
        {
            throw Error.At(SqlStates.InvalidSchemaName, $"schema \"{schema}\" does not exist", position);
        }
        IsTaken(schema, name, false, position);
    }

    public BoundStatement BindRename(AlterRenameStatement statement)
    {
        if (statement.Kind == ObjectKind.Schema)
        {
            throw Error.NotSupported("ALTER SCHEMA RENAME", statement.Position);
        }
        if (statement.Kind != ObjectKind.Sequence)
        {
            throw Error.NotSupported($"ALTER {statement.Kind.Name()} RENAME", statement.Position);
        }
        SequenceDefinition sequence = Find(statement.Name) as SequenceDefinition ?? throw NameHints.RelationNotFound(state, statement.Name, [NameHints.Sequence]);
        RenameSequence(sequence, statement.NewName, statement.Position);
        return _change.Build("ALTER SEQUENCE");
    }

    private void Alter(Alteration alteration, AlterTableAction action)
    {
        TableBuilder builder = alteration.Builder;
        switch (action)
        {
            case AddColumnAction add:
                AddColumn(alteration, add);
                break;
            case DropColumnAction drop:
                DropColumn(alteration, drop);
                _change.EndCascade();
                break;
            case AlterColumnTypeAction retype:
                ChangeType(alteration, retype);
                break;
            case AlterColumnDefaultAction setDefault:
                SetDefault(builder, setDefault);
                break;
            case AlterColumnNotNullAction notNull:
                SetNotNull(builder, notNull);
                break;
            case AddIdentityAction identity:
                AddIdentity(builder, identity);
                break;
            case AlterIdentityAction identity:
                AlterIdentity(builder, identity);
                break;
            case DropIdentityAction identity:
                DropIdentity(builder, identity);
                break;
            case AddConstraintAction add:
                AddTableConstraint(builder, add.Constraint);
                break;
            case DropConstraintAction drop:
                DropConstraint(alteration, drop);
                _change.EndCascade();
                break;
            case RenameTableAction rename:
                IsTaken(builder.Table.Schema, rename.NewName, false, rename.Position);
                builder.Table = builder.Table with { Name = rename.NewName };
                alteration.Afterwards.Add(() => FollowRename(alteration.Before.Oid, alteration.Before.Schema, rename.NewName));
                break;
            case RenameColumnAction rename:
                RenameColumn(alteration, rename);
                break;
            case RenameConstraintAction rename:
                RenameConstraint(builder, rename);
                break;
            case SetSchemaAction setSchema:
                SetSchema(alteration, setSchema);
                break;
            case OwnerToAction or AlterColumnStatisticsAction or AlterColumnStorageAction or ClusterOnAction { Index: null } or SetPersistenceAction { Persistence: not TablePersistence.Temporary }:
                break;   // nothing here has owners, sampling targets, pages or an unlogged form: dumps may set them
            case ClusterOnAction cluster:
                if (builder.Table.Indexes.All(index => index.Name != cluster.Index))
                {
                    throw Error.At(SqlStates.UndefinedObject, $"index \"{cluster.Index}\" for table \"{builder.Table.Name}\" does not exist", cluster.Position);
                }
                break;   // rows have no order to keep
            case SetOptionsAction options:
                RefuseOptions(options.Options);
                break;
            case SetTablespaceAction tablespace:
                RefuseTablespace(tablespace.Tablespace, tablespace.Position);
                break;
            case ValidateConstraintAction validate:
                ValidateConstraint(alteration, validate);
                break;
            case UnsupportedAlterTableAction unsupported:
                throw Error.NotSupported(unsupported.Feature, action.Position);
            case EnableTriggerAction trigger:
                throw Error.NotSupported($"ALTER TABLE {(trigger.IsEnabled ? "ENABLE" : "DISABLE")} TRIGGER", action.Position);
            case AlterConstraintAction alter:
                AlterConstraint(builder, alter);
                break;
            case DropExpressionAction:
                throw Error.NotSupported("ALTER TABLE ALTER COLUMN DROP EXPRESSION", action.Position);
            case SetPersistenceAction:
                throw Error.NotSupported("ALTER TABLE SET TEMPORARY", action.Position);
            default:
                throw Error.NotSupported("this action of ALTER TABLE", action.Position);
        }
    }

    private static ConstraintDefinition FindConstraint(TableBuilder builder, string name, int position) =>
        builder.Table.Constraints.FirstOrDefault(c => c.Name == name)
            ?? throw Error.At(SqlStates.UndefinedObject, $"constraint \"{name}\" of relation \"{builder.Table.Name}\" does not exist", position);

    private static void Put(TableBuilder builder, ConstraintDefinition constraint) =>
        builder.Table = builder.Table with { Constraints = [.. builder.Table.Constraints.Select(c => c.Oid == constraint.Oid ? constraint : c)] };

    private static void ValidateConstraint(Alteration alteration, ValidateConstraintAction validate)
    {
        TableBuilder builder = alteration.Builder;
        ConstraintDefinition constraint = FindConstraint(builder, validate.Constraint, validate.Position);
        if (constraint.Kind is not (ConstraintKind.Check or ConstraintKind.ForeignKey))
        {
            throw Error.At(SqlStates.WrongObjectType,
                $"constraint \"{constraint.Name}\" of relation \"{builder.Table.Name}\" is not a foreign key or check constraint", validate.Position);
        }
        if (constraint.IsNotValid)
        {
            constraint = constraint with { IsNotValid = false };
            Put(builder, constraint);
            builder.AddedConstraints.RemoveAll(c => c.Oid == constraint.Oid);
            builder.AddedConstraints.Add(constraint);
        }
    }

    private static void AlterConstraint(TableBuilder builder, AlterConstraintAction alter)
    {
        ConstraintDefinition constraint = FindConstraint(builder, alter.Constraint, alter.Position);
        if (alter.Attributes.IsNotValid || alter.Attributes.IsNoInherit)
        {
            throw Error.At(SqlStates.FeatureNotSupported,
                $"FOREIGN KEY constraints cannot be marked {(alter.Attributes.IsNotValid ? "NOT VALID" : "NO INHERIT")}", alter.Attributes.Position);
        }
        if (constraint.Kind != ConstraintKind.ForeignKey)
        {
            throw Error.At(SqlStates.WrongObjectType,
                $"constraint \"{constraint.Name}\" of relation \"{builder.Table.Name}\" is not a foreign key constraint", alter.Position);
        }
        Put(builder, constraint with
        {
            IsDeferrable = alter.Attributes.IsDeferrable == true, IsInitiallyDeferred = alter.Attributes.IsInitiallyDeferred == true,
        });
    }

    private void DropConstraint(Alteration alteration, DropConstraintAction drop)
    {
        TableBuilder builder = alteration.Builder;
        TableDefinition table = builder.Table;
        ConstraintDefinition? constraint = table.Constraints.FirstOrDefault(c => c.Name == drop.Constraint);
        if (constraint is null)
        {
            string message = $"constraint \"{drop.Constraint}\" of relation \"{table.Name}\" does not exist";
            if (!drop.IfExists)
            {
                throw Error.At(SqlStates.UndefinedObject, message, drop.Position);
            }
            _change.Notice($"{message}, skipping");
            return;
        }
        DropReferences(alteration, table, constraint, drop.Behavior == DropBehavior.Cascade);
        table = builder.Table;
        IndexDefinition? index = table.Indexes.FirstOrDefault(i => i.Oid == constraint.IndexOid);
        builder.Table = table with
        {
            Constraints = [.. table.Constraints.Where(c => c.Oid != constraint.Oid)],
            Indexes = [.. table.Indexes.Where(i => i != index)],
        };
        if (index is not null && !builder.AddedIndexes.Remove(index))
        {
            alteration.DroppedIndexes.Add(index);
        }
        builder.AddedConstraints.RemoveAll(c => c.Oid == constraint.Oid);
    }

    /// <summary>Foreign keys that need a key: dropped with it under CASCADE, else 2BP01.</summary>
    private void DropReferences(Alteration alteration, TableDefinition table, ConstraintDefinition key, bool cascades)
    {
        if (key.IndexOid == 0)
        {
            return;
        }
        foreach (TableDefinition other in _change.Catalog.TablesReferencing(table.Oid).Append(table).DistinctBy(t => t.Oid).OrderBy(t => t.Oid).ToArray())
        {
            TableDefinition current = other.Oid == table.Oid ? alteration.Builder.Table : other;
            ConstraintDefinition[] references = [.. current.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey && c.ReferencedTableOid == table.Oid && c.ReferencedIndexOid == key.IndexOid)];
            if (references.Length == 0)
            {
                continue;
            }
            if (!cascades)
            {
                throw Dependents($"constraint {key.Name} on table {table.Name}", references.Select(r => $"constraint {r.Name} on table {current.Name} depends on index {key.Name}"));
            }
            TableDefinition without = current with { Constraints = [.. current.Constraints.Except(references)] };
            foreach (ConstraintDefinition reference in references)
            {
                _change.CascadeTo($"constraint {reference.Name} on table {current.Name}");
            }
            if (other.Oid == table.Oid)
            {
                alteration.Builder.Table = without;
            }
            else
            {
                _change.Put(without with { Version = without.Version + 1 });
            }
        }
    }

    private void RenameColumn(Alteration alteration, RenameColumnAction rename)
    {
        TableBuilder builder = alteration.Builder;
        ColumnDefinition column = builder.Column(rename.Column, rename.Position);
        if (builder.Table.IndexOf(rename.NewName) >= 0)
        {
            throw Error.At(SqlStates.DuplicateColumn, $"column \"{rename.NewName}\" of relation \"{builder.Table.Name}\" already exists", rename.Position);
        }
        TableDefinition before = builder.Table;
        builder.Replace(column with { Name = rename.NewName });
        builder.Table = builder.Table with
        {
            Constraints = [.. builder.Table.Constraints.Select(c => c.Kind != ConstraintKind.Check ? c : c with
            {
                CheckText = StoredText.WithColumn(c.CheckText!, StoredText.UsesOfCheck(state, before, c), before.Oid, column.Number, rename.NewName),
            })],
            IndexExpressions = [.. builder.Table.IndexExpressions.Select(e => e with
            {
                Text = StoredText.WithColumn(e.Text, StoredText.UsesOfIndexExpression(state, before, e), before.Oid, column.Number, rename.NewName),
            })],
        };
        alteration.Afterwards.Add(() => FollowColumnRename(before.Oid, column.Number, rename.NewName, rename.Position));
    }

    private void RenameConstraint(TableBuilder builder, RenameConstraintAction rename)
    {
        TableDefinition table = builder.Table;
        ConstraintDefinition constraint = table.Constraints.FirstOrDefault(c => c.Name == rename.Constraint)
            ?? throw Error.At(SqlStates.UndefinedObject, $"constraint \"{rename.Constraint}\" for table \"{table.Name}\" does not exist", rename.Position);
        if (table.Constraints.Any(c => c.Name == rename.NewName))
        {
            throw Error.At(SqlStates.DuplicateObject, $"constraint \"{rename.NewName}\" for relation \"{table.Name}\" already exists", rename.Position);
        }
        if (constraint.IndexOid != 0)
        {
            IsTaken(table.Schema, rename.NewName, false, rename.Position);
        }
        builder.Table = table with
        {
            Constraints = [.. table.Constraints.Select(c => c.Oid == constraint.Oid ? c with { Name = rename.NewName } : c)],
            Indexes = [.. table.Indexes.Select(i => i.Oid == constraint.IndexOid ? i with { Name = rename.NewName } : i)],
        };
    }

    // Sequences that belong to its columns go with a table.
    private void SetSchema(Alteration alteration, SetSchemaAction action)
    {
        TableDefinition table = alteration.Builder.Table;
        CheckNewSchema(action.Schema, table.Name, action.Position);
        alteration.Builder.Table = table with { Schema = action.Schema };
        SequenceDefinition[] sequences = [.. _change.Catalog.SequencesOf(table.Oid)];
        foreach (SequenceDefinition sequence in sequences)
        {
            IsTaken(action.Schema, sequence.Name, false, action.Position);
        }
        alteration.Afterwards.Add(() =>
        {
            foreach (SequenceDefinition sequence in sequences)
            {
                _change.Put(sequence with { Schema = action.Schema, Version = sequence.Version + 1 });
                FollowRename(sequence.Oid, action.Schema, sequence.Name);
            }
            FollowRename(table.Oid, action.Schema, table.Name);
        });
    }

    private void FinishAlteration(Alteration alteration)
    {
        TableBuilder builder = alteration.Builder;
        TableDefinition after = builder.Table;
        if (after == alteration.Before)
        {
            return;
        }
        after = after with { Version = alteration.Before.Version + 1 };
        _change.Put(after);
        foreach (Action action in alteration.Afterwards)
        {
            action();
        }
        after = (TableDefinition)_change.Catalog.Find(after.Oid)!;   // its defaults may have followed a sequence
        foreach (IndexDefinition dropped in alteration.DroppedIndexes.Where(_ => !alteration.NeedsRewrite))
        {
            _change.Do(new DropIndexStorage(after, dropped));
        }
        if (alteration.NeedsRewrite)
        {
            ChangeColumns(alteration, after);
        }
        else
        {
            foreach (IndexDefinition added in builder.AddedIndexes)
            {
                _change.Do(new CreateIndexStorage(after, added));
            }
        }
        Validate(alteration, after);
        foreach ((int tableOid, ConstraintDefinition key) in alteration.ForeignKeys.Distinct())
        {
            TableDefinition table = _change.Catalog.GetTable(tableOid);
            if (table.Constraints.Any(c => c.Oid == key.Oid && !c.IsNotValid))
            {
                _change.Do(new ValidateForeignKey(table, key));
            }
        }
    }

    // Index expressions over changed columns are computed when these have their new values.
    private void ChangeColumns(Alteration alteration, TableDefinition after)
    {
        StoredExpression[] values = [.. alteration.Values.Select(v => new StoredExpression(
            new ScanColumn(state.NewColumn(after.TypeOf(v.Key), ""), v.Key), v.Value)).Where(v => !IsSame(alteration, v))];
        HashSet<int> changed = [.. values.Select(v => v.Column.ColumnNumber)];
        IndexExpression[] stale = [.. after.IndexExpressions.Where(e => e.Columns.Any(changed.Contains))];
        TableDefinition during = after with
        {
            IndexExpressions = [.. after.IndexExpressions.Except(stale)],
            Indexes = [.. after.Indexes.Where(index => !index.Numbers.Any(number => stale.Any(e => e.Number == number)))],
        };
        _change.Do(new ChangeColumns(alteration.Before, stale.Length == 0 ? after : during, alteration.Scan.Output, values));
        if (stale.Length > 0)
        {
            LogicalColumn[] row = [.. after.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
            _change.Do(new CreateIndexStorage(after, after.Indexes.First(index => !during.Indexes.Contains(index)))
            {
                Row = row, Stored = ModificationBinder.BindStored(state, after, row, stale.Contains),
            });
        }
    }

    // A column of another type with the same values: text, whatever its length may be, where that is no less than before.
    private static bool IsSame(Alteration alteration, StoredExpression value)
    {
        int place = alteration.Before.IndexOfNumber(value.Column.ColumnNumber);
        if (place < 0)
        {
            return false;
        }
        SqlType before = alteration.Before.Columns[place].Type;
        SqlType after = value.Column.Column.Type;
        Expression source = value.Value;
        while (source is CastExpression cast && HasRoom(cast.Type))
        {
            source = cast.Operand;
        }
        bool isItself = source is ColumnExpression column && column.Id == alteration.Scan.Output[place].Id;
        return isItself && (before == after || HasRoom(after));

        bool HasRoom(SqlType type) =>
            IsText(before) && IsText(type) && (type.Precision < 0 || (before.Precision >= 0 && before.Precision <= type.Precision));
    }

    private static bool IsText(SqlType type) => type.Id is SqlTypeId.Text or SqlTypeId.Varchar;

    private void Validate(Alteration alteration, TableDefinition after)
    {
        TableBuilder builder = alteration.Builder;
        IEnumerable<string> changed = alteration.Values.Keys.Select(number => after.Columns[after.IndexOfNumber(number)].Name);
        foreach (string name in builder.NewlyNotNull.Concat(changed).Distinct())
        {
            if (after.Columns.FirstOrDefault(c => c.Name == name) is { IsNotNull: true } column)
            {
                _change.Do(new ValidateNotNull(after, column));
            }
        }
        IEnumerable<ConstraintDefinition> checks = alteration.Checks.Where(c => after.Constraints.Any(a => a.Oid == c.Oid)).Except(builder.AddedConstraints);
        foreach (ConstraintDefinition constraint in builder.AddedConstraints.Concat(checks.Distinct()).Where(c => !c.IsNotValid))
        {
            switch (constraint.Kind)
            {
                case ConstraintKind.Check:
                    LogicalScan scan = QueryBinder.Scan(state, after, after.Name);
                    Expression condition = ModificationBinder.BindCheck(state, after, scan.Output, SqlParser.ParseExpression(constraint.CheckText!));
                    _change.Do(new ValidateCheck(after, scan, new BoundCheck(constraint, condition)));
                    break;
                case ConstraintKind.ForeignKey:
                    _change.Do(new ValidateForeignKey(after, constraint));
                    break;
            }
        }
    }
}
