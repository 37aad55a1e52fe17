using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// Carries out the storage actions of a definition statement on tables that only this statement sees yet. What is to
/// happen when the statement commits (tables put in place or dropped) is collected; when it fails, nothing has happened.
/// </summary>
internal sealed class SchemaChangeRunner(StatementScope scope)
{
    private readonly Dictionary<int, TableStore> _changed = [];
    private readonly List<SequenceStore> _newSequences = [];
    private readonly List<SequenceDefinition> _redefinedSequences = [];
    private readonly Dictionary<int, SequenceStore> _ownSequences = [];   // that have another course, or begin anew
    private readonly List<SequenceStore> _heldSequences = [];
    private readonly List<Transactions.TableChange> _tableChanges = [];
    private readonly List<int> _droppedTables = [];
    private readonly List<int> _droppedSequences = [];

    /// <summary>Rows that the statement put into a table (CREATE TABLE AS).</summary>
    public long RowCount { get; private set; }

    /// <summary>Tables that were made of others, in order.</summary>
    public IReadOnlyList<Transactions.TableChange> TableChanges => _tableChanges;

    /// <summary>Sequences that have another course or position by the statement.</summary>
    public IReadOnlyList<int> MovedSequences => [.. _ownSequences.Keys.Order()];

    /// <summary>Carries out the actions; the scope's catalog is the new one already.</summary>
    public void Run(SchemaChange change)
    {
        // Definitions that changed without an action of their own (a renamed column, a new default) reach storage too.
        HashSet<int> acted = [.. change.Actions.Select(TableOf)];
        foreach (PutTable put in change.Changes.OfType<PutTable>())
        {
            if (!acted.Contains(put.Table.Oid) && scope.Tables.ContainsKey(put.Table.Oid))
            {
                Replace(put.Table);
            }
        }
        foreach (PutSequence put in change.Changes.OfType<PutSequence>())
        {
            if (scope.Storage.Sequences.ContainsKey(put.Sequence.Oid))
            {
                AlterSequence(put.Sequence, change.Actions.OfType<RestartSequence>().Any(r => r.SequenceOid == put.Sequence.Oid));
            }
        }
        foreach (StorageAction action in change.Actions)
        {
            Run(action);
        }
    }

    /// <summary>Empty tables in the place of others.</summary>
    public void Truncate(TruncateCommand truncate)
    {
        foreach (TableDefinition table in truncate.Tables)
        {
            TableStore before = scope.Tables[table.Oid];
            Set(scope.Transaction.Truncate(before, scope.Storage.NewTable(table)));
            _tableChanges.Add(new Transactions.TableChange(before, scope.Tables[table.Oid], null, [], IsEmptied: true));
        }
        foreach (SequenceDefinition sequence in truncate.RestartedSequences)
        {
            Restart(sequence.Oid, sequence.Start);
        }
    }

    /// <summary>The tables with those that the statement has made, altered and dropped.</summary>
    public ImmutableDictionary<int, TableStore> ApplyTo(ImmutableDictionary<int, TableStore> tables) =>
        tables.SetItems(_changed).RemoveRange(_droppedTables);

    /// <summary>The transaction's own sequences, with those that the statement has altered or restarted.</summary>
    public ImmutableDictionary<int, SequenceStore> ApplyTo(ImmutableDictionary<int, SequenceStore> sequences) => sequences.SetItems(_ownSequences);

    /// <summary>Makes it all visible, with the transaction's commit.</summary>
    public void Publish(Transactions.TransactionManager manager)
    {
        foreach (TableStore table in _changed.Values)
        {
            manager.Publish(table);
        }
        foreach (SequenceDefinition definition in _redefinedSequences)
        {
            scope.Storage.GetSequence(definition.Oid).Definition = definition;
        }
        foreach ((int oid, SequenceStore own) in _ownSequences)
        {
            scope.Storage.GetSequence(oid).TakeOver(own);
        }
        foreach (int oid in _droppedTables)
        {
            scope.Storage.Tables.GetValueOrDefault(oid)?.ReleaseMemory();
            scope.Storage.RemoveTable(oid);
        }
        if (scope.Storage.SequenceLog is { } log)
        {
            _newSequences.ForEach(sequence => sequence.UseLog(log));   // whose position is in the commit's records
        }
        foreach (int oid in _droppedSequences)
        {
            _heldSequences.RemoveAll(sequence => sequence.Definition.Oid == oid);   // whoever has it still gets no value, and finds it gone
            scope.Storage.RemoveSequence(oid);
        }
    }

    /// <summary>
    /// Keeps sequences that get another name, or go, from being written to the log under the old one behind the commit that is about to be.
    /// </summary>
    public void HoldRedefinedSequences()
    {
        foreach (int oid in _redefinedSequences.Select(definition => definition.Oid).Concat(_droppedSequences).Distinct())
        {
            if (scope.Storage.Sequences.TryGetValue(oid, out SequenceStore? sequence) && !_heldSequences.Contains(sequence))
            {
                sequence.Hold();
                _heldSequences.Add(sequence);
            }
        }
    }

    /// <summary>Gives back what was made for a statement that failed.</summary>
    public void Discard()
    {
        foreach (TableStore table in _changed.Values)
        {
            table.ReleaseMemory();
        }
        foreach (SequenceStore sequence in _newSequences)
        {
            scope.Storage.RemoveSequence(sequence.Definition.Oid);
        }
        ReleaseSequences();
    }

    /// <summary>Lets others take values again, when all of the transaction is in place or none.</summary>
    public void ReleaseSequences()
    {
        foreach (SequenceStore sequence in _heldSequences)
        {
            sequence.Release();
        }
        _heldSequences.Clear();
    }

    // Where its course stays, so does the sequence, whose values nobody gives back; a restart among the actions gives the place in the new range.
    private void AlterSequence(SequenceDefinition definition, bool isRestarted)
    {
        SequenceStore sequence = Current(definition.Oid);
        long last = sequence.Position.Last;
        if (!isRestarted && (last > definition.Maximum || last < definition.Minimum))
        {
            string bound = last > definition.Maximum
                ? $"cannot be greater than MAXVALUE ({definition.Maximum})"
                : $"cannot be less than MINVALUE ({definition.Minimum})";
            throw new PhantomDbException(SqlStates.InvalidParameterValue, $"RESTART value ({last}) {bound}");
        }
        SequenceDefinition before = sequence.Definition;
        if (definition with { Schema = before.Schema, Name = before.Name, OwnerTableOid = before.OwnerTableOid, OwnerColumnNumber = before.OwnerColumnNumber,
            Version = before.Version, Comment = before.Comment } == before)
        {
            _redefinedSequences.Add(definition);
        }
        else
        {
            OwnSequence(definition.Oid).Definition = definition;
        }
    }

    private SequenceStore Current(int oid) =>
        _ownSequences.GetValueOrDefault(oid) ?? scope.OwnSequences.GetValueOrDefault(oid) ?? scope.Storage.GetSequence(oid);

    private void Restart(int oid, long value) => OwnSequence(oid).TrySet(value, isCalled: false);

    /// <summary>A copy that only the transaction sees; the one in place gives no more values until it has ended.</summary>
    private SequenceStore OwnSequence(int oid)
    {
        if (_ownSequences.TryGetValue(oid, out SequenceStore? own))
        {
            return own;
        }
        SequenceStore current = Current(oid);
        SequenceStore shared = scope.Storage.GetSequence(oid);
        if (ReferenceEquals(current, shared))
        {
            shared.Hold();
            _heldSequences.Add(shared);
        }
        own = current.Fork();
        _ownSequences.Add(oid, own);
        return own;
    }

    private void Run(StorageAction action)
    {
        switch (action)
        {
            case CreateTableStorage create:
                Set(scope.Storage.NewTable(create.Table));
                break;
            case DropTableStorage drop:
                scope.Tables = scope.Tables.Remove(drop.Table.Oid);
                _changed.Remove(drop.Table.Oid);
                _droppedTables.Add(drop.Table.Oid);
                break;
            case FillTable fill:
                Fill(scope.Tables[fill.Table.Oid], fill.Table, fill.Query, fill.Columns);
                break;
            case ChangeColumns changeColumns:
                ChangeColumns(changeColumns);
                break;
            case CreateIndexStorage create:
                Replace(scope.Catalog.GetTable(create.Table.Oid),
                    create.Stored.Count == 0 ? null : new StoredValueSource(create.Table, create.Row, create.Stored, scope.Evaluation));
                break;
            case DropIndexStorage drop:
                Replace(scope.Catalog.GetTable(drop.Table.Oid));
                break;
            case ValidateNotNull validate:
                TestNotNull(validate);
                break;
            case ValidateCheck validate:
                TestCheck(validate);
                break;
            case ValidateForeignKey validate:
                ForeignKeyChecks.TestAll(scope, validate.Table, validate.Constraint);
                break;
            case CreateSequenceStorage create:
                // In its place at once, as the rows of a new column take their values from it; nobody else knows its oid yet.
                SequenceStore created = new(create.Sequence);
                _newSequences.Add(created);
                scope.Storage.SetSequence(created);
                break;
            case DropSequenceStorage drop:
                _droppedSequences.Add(drop.SequenceOid);
                break;
            case RestartSequence restart:
                Restart(restart.SequenceOid, restart.Value);
                break;
            default:
                throw new System.Diagnostics.UnreachableException(action.GetType().Name);
        }
    }

    private static int TableOf(StorageAction action) => action switch
    {
        CreateTableStorage a => a.Table.Oid,
        DropTableStorage a => a.Table.Oid,
        ChangeColumns a => a.After.Oid,
        CreateIndexStorage a => a.Table.Oid,
        DropIndexStorage a => a.Table.Oid,
        _ => 0,
    };

    private void Set(TableStore table)
    {
        scope.Tables = scope.Tables.SetItem(table.Definition.Oid, table);
        _changed[table.Definition.Oid] = table;
    }

    private void Replace(TableDefinition definition, StoredValueSource? computed = null, RowBuffer? added = null)
    {
        TableStore before = scope.Tables[definition.Oid];
        try
        {
            Set(scope.Transaction.Alter(before, definition, added, computed));
            _tableChanges.Add(new Transactions.TableChange(before, scope.Tables[definition.Oid], added, computed?.Numbers ?? [], IsEmptied: false));
        }
        catch (PhantomDbException failure) when (failure.ConflictingRowId >= 0)
        {
            throw WithKey(failure, before, definition, computed, added);
        }
    }

    // Storage knows one of the rows that share a key; the key is made into text here, but for values that cannot be computed again.
    private PhantomDbException WithKey(PhantomDbException failure, TableStore before, TableDefinition definition, StoredValueSource? computed, RowBuffer? added)
    {
        IndexDefinition index = definition.Indexes.First(i => i.Name == failure.ConstraintName);
        int[] numbers = [.. index.Columns.Select(c => c.ColumnNumber)];
        DataChunk key = new(KeyText.TypesOf(definition, numbers));
        Vector?[]? values = computed?.Compute(ReadRow(before, before.Definition, computed.Columns, failure.ConflictingRowId), isNewest: false);
        bool isKnown = true;
        for (int i = 0; i < numbers.Length; i++)
        {
            if (computed is not null && Array.IndexOf(computed.Numbers, numbers[i]) is >= 0 and int place)
            {
                isKnown &= values![place] is not null;
                key.Vectors[i].Reference(values[place] ?? key.Vectors[i]);
                continue;
            }
            bool isAdded = Array.IndexOf(before.ColumnNumbers, numbers[i]) < 0;
            DataChunk value = isAdded ? new DataChunk([key.Vectors[i].Type]) : ReadRow(before, before.Definition, [numbers[i]], failure.ConflictingRowId);
            if (isAdded)
            {
                RowBuffer one = new([numbers[i]]);
                one.SetNull(0);
                if (added is not null && Array.IndexOf(added.Columns, numbers[i]) is >= 0 and int addedPlace)
                {
                    one.SetRaw(0, added.Raw(addedPlace), added.IsNull(addedPlace), added.BlocksOf(addedPlace));
                }
                RowBuffer.Clear(value);
                one.AppendTo(value);
                KeyText.Seal(value);
            }
            key.Vectors[i].Reference(value.Vectors[0]);
        }
        key.Count = 1;
        return new PhantomDbException(failure.SqlState, failure.Message)
        {
            Detail = isKnown ? $"{KeyText.Describe(definition, numbers, key, 0, scope, index)} is duplicated." : null,
            SchemaName = failure.SchemaName, TableName = failure.TableName, ConstraintName = failure.ConstraintName,
        };
    }

    private static DataChunk ReadRow(TableStore table, TableDefinition definition, int[] numbers, long rowId)
    {
        RowBuffer row = new(numbers);
        DataChunk chunk = new(KeyText.TypesOf(definition, numbers));
        RowBuffer.Clear(chunk);
        table.TryReadLatest(rowId, row);
        row.AppendTo(chunk);
        KeyText.Seal(chunk);
        return chunk;
    }

    // What is the same for all rows is computed once, also where there are none; the rest row by row, from the table as it was.
    private void ChangeColumns(ChangeColumns change)
    {
        StoredExpression[] constant = [.. change.Values.Where(v => !ExpressionFacts.IsVolatile(v.Value) && !ExpressionFacts.Any(v.Value, node => node is ColumnExpression))];
        StoredExpression[] computed = [.. change.Values.Except(constant)];
        RowBuffer added = new([.. constant.Select(v => v.Column.ColumnNumber)]);
        Vector[] values = new StoredValues(constant, [], scope.Evaluation).Evaluate(new DataChunk([]) { Count = 1 });
        for (int i = 0; i < constant.Length; i++)
        {
            added.SetFrom(i, values[i], 0);
        }
        if (scope.Tables[change.Before.Oid].RowCount > 0)
        {
            TestNotNull(change.After, constant, values, new DataChunk([]) { Count = 1 });
        }
        StoredValueSource? source = computed.Length == 0 ? null : new(change.Before, change.Row, computed, scope.Evaluation)
        {
            Test = (newest, rows) => TestNotNull(change.After, computed, newest, rows),
        };
        Replace(change.After, source, added);
    }

    private static void TestNotNull(TableDefinition table, StoredExpression[] values, Vector[] vectors, DataChunk rows)
    {
        for (int i = 0; i < values.Length; i++)
        {
            ColumnDefinition column = table.Columns[table.IndexOfNumber(values[i].Column.ColumnNumber)];
            if (column.IsNotNull)
            {
                TestNotNull(vectors[i], rows, table, column);
            }
        }
    }

    private void Fill(TableStore table, TableDefinition definition, LogicalOperator query, IReadOnlyList<LogicalColumn> columns) =>
        Append(table, definition, scope.Run(query, columns), new StoredValues([], columns, scope.Evaluation));

    private void Append(TableStore table, TableDefinition definition, QueryExecution rows, StoredValues stored)
    {
        int columnCount = definition.Columns.Count;
        DataChunk ordered = new([.. table.ColumnNumbers.Select(n => definition.TypeOf(n).Physical)]);
        while (rows.Next() is { } chunk)
        {
            for (int i = 0; i < definition.Columns.Count; i++)
            {
                if (definition.Columns[i].IsNotNull)
                {
                    TestNotNull(chunk.Vectors[i], chunk, definition, definition.Columns[i]);
                }
            }
            Vector[] expressions = stored.Evaluate(chunk);
            for (int i = 0; i < ordered.Vectors.Length; i++)
            {
                ordered.Vectors[i].Reference(i < columnCount ? chunk.Vectors[i] : expressions[i - columnCount]);
            }
            ordered.Selection = chunk.Selection;
            ordered.Count = chunk.Count;
            scope.Transaction.Insert(table, ordered);
            RowCount += chunk.Count;
        }
    }

    private void TestNotNull(ValidateNotNull validate)
    {
        TableScan.Worker scan = scope.Tables[validate.Table.Oid].Scan([validate.Column.Number], ReadView.Latest).NewWorker();
        DataChunk chunk = new([validate.Column.Type.Physical]);
        while (scan.TryNext(chunk))
        {
            scope.Statement.ThrowIfCancelled();
            TestNotNull(chunk.Vectors[0], chunk, validate.Table, validate.Column);
        }
    }

    private static void TestNotNull(Vector vector, DataChunk chunk, TableDefinition table, ColumnDefinition column)
    {
        for (int i = 0; vector.Validity is not null && i < chunk.Count; i++)
        {
            if (!vector.IsValid(chunk.Position(i)))
            {
                throw new PhantomDbException(SqlStates.NotNullViolation, $"column \"{column.Name}\" of relation \"{table.Name}\" contains null values")
                {
                    SchemaName = table.Schema, TableName = table.Name, ColumnName = column.Name,
                };
            }
        }
    }

    private void TestCheck(ValidateCheck validate)
    {
        LogicalFilter failing = new(validate.Scan, new BooleanTestExpression(validate.Check.Condition, Value: false, IsNegated: false));
        // The newest state: the statement may have written the rows itself.
        if (scope.Run(failing, failing.Output, ReadView.Latest).Next() is not null)
        {
            throw new PhantomDbException(SqlStates.CheckViolation,
                $"check constraint \"{validate.Check.Constraint.Name}\" of relation \"{validate.Table.Name}\" is violated by some row")
            {
                SchemaName = validate.Table.Schema, TableName = validate.Table.Name, ConstraintName = validate.Check.Constraint.Name,
            };
        }
    }
}
