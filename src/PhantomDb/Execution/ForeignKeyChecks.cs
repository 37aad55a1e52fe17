using System.Buffers;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// Foreign keys of one modification, tested when all its rows are changed: new keys of the table must be in the tables
/// that they refer to, and keys that have gone from it must not be referred to any more. Looks at the newest state.
/// </summary>
internal sealed class ForeignKeyChecks
{
    private readonly StatementScope _scope;
    private readonly TableDefinition _table;
    private readonly List<Outgoing> _outgoing = [];
    private readonly List<Incoming> _incoming = [];

    /// <param name="scope">The statement.</param>
    /// <param name="table">The table that is changed.</param>
    /// <param name="changedColumns">Storage numbers of the columns that UPDATE sets; null for INSERT and DELETE.</param>
    /// <param name="isDelete">Rows go, and none come.</param>
    public ForeignKeyChecks(StatementScope scope, TableDefinition table, IReadOnlyList<int>? changedColumns = null, bool isDelete = false)
    {
        _scope = scope;
        _table = table;
        if (!isDelete)
        {
            foreach (ConstraintDefinition key in table.Constraints)
            {
                if (key.Kind == ConstraintKind.ForeignKey && (changedColumns is null || key.Columns.Any(changedColumns.Contains)))
                {
                    _outgoing.Add(new Outgoing(key, table, scope));
                }
            }
        }
        if (isDelete || changedColumns is not null)
        {
            foreach (TableDefinition child in scope.Catalog.Tables)
            {
                foreach (ConstraintDefinition key in child.Constraints)
                {
                    if (key.Kind == ConstraintKind.ForeignKey && key.ReferencedTableOid == table.Oid
                        && (isDelete || key.ReferencedColumns.Any(changedColumns!.Contains)))
                    {
                        _incoming.Add(new Incoming(key, child, table, scope));
                    }
                }
            }
        }
    }

    /// <summary>Notes new rows; the place of a column of the table gives the vector that it stands in.</summary>
    public void AddNew(DataChunk chunk, Func<int, int> vectorOf)
    {
        foreach (Outgoing key in _outgoing)
        {
            Vector[] vectors = [.. key.Constraint.Columns.Select(n => chunk.Vectors[vectorOf(_table.IndexOfNumber(n))])];
            key.Keys.Append(vectors, chunk.Selection, chunk.Count);
        }
    }

    /// <summary>Notes rows before they are changed or removed; the first vector has their ids.</summary>
    public void AddOld(TableStore store, DataChunk chunk)
    {
        foreach (Incoming key in _incoming)
        {
            RowBuffer row = new([.. key.Constraint.ReferencedColumns]);
            DataChunk old = new(key.Keys.Types);
            RowBuffer.Clear(old);
            ReadOnlySpan<long> rowIds = chunk.Vectors[0].Values<long>();
            for (int i = 0; i < chunk.Count; i++)
            {
                if (store.TryReadLatest(rowIds[chunk.Position(i)], row))
                {
                    row.AppendTo(old);
                }
            }
            key.Keys.Append(old);
        }
    }

    /// <summary>Throws 23503 for the first key without partner.</summary>
    public void Test()
    {
        foreach (Outgoing key in _outgoing)
        {
            key.Test(_scope);
        }
        foreach (Incoming key in _incoming)
        {
            key.Test(_scope);
        }
    }

    /// <summary>Tests all rows of a table against one of its foreign keys: ADD CONSTRAINT.</summary>
    public static void TestAll(StatementScope scope, TableDefinition table, ConstraintDefinition constraint)
    {
        Outgoing key = new(constraint, table, scope);
        TableScan.Worker scan = scope.Tables[table.Oid].Scan([.. constraint.Columns], ReadView.Latest).NewWorker();
        DataChunk chunk = new(key.Keys.Types);
        while (scan.TryNext(chunk))
        {
            key.Keys.Append(chunk);
        }
        key.Test(scope);
    }

    // Types of some columns, by storage number.
    private static PhysicalType[] TypesOf(TableDefinition table, IReadOnlyList<int> numbers) =>
        [.. numbers.Select(n => table.Columns[table.IndexOfNumber(n)].Type.Physical)];

    /// <summary>"Key (a, b)=(1, x)", of the row at a position of a chunk that has the key's columns.</summary>
    public static string Describe(TableDefinition table, IReadOnlyList<int> numbers, DataChunk chunk, int position, StatementScope scope)
    {
        ArrayBufferWriter<byte> text = new();
        for (int i = 0; i < numbers.Count; i++)
        {
            if (i > 0)
            {
                text.Write(", "u8);
            }
            ColumnDefinition column = table.Columns[table.IndexOfNumber(numbers[i])];
            Vector vector = chunk.Vectors[i];
            new TextOutput(column.Type, scope.Statement).Write(vector, vector.PositionOf(position), text);
        }
        string names = string.Join(", ", numbers.Select(n => table.Columns[table.IndexOfNumber(n)].Name));
        return $"Key ({names})=({Encoding.UTF8.GetString(text.WrittenSpan)})";
    }

    // Casts of key columns to other columns' types, where these differ (an integer that refers to a bigint).
    private static ExpressionEvaluator[] CastsTo(
        TableDefinition from, IReadOnlyList<int> fromNumbers, TableDefinition to, IReadOnlyList<int> toNumbers, StatementScope scope) =>
        [.. fromNumbers.Select((number, i) =>
        {
            SqlType source = from.Columns[from.IndexOfNumber(number)].Type;
            SqlType target = to.Columns[to.IndexOfNumber(toNumbers[i])].Type;
            Expression column = new PositionExpression(i, source);
            return new ExpressionEvaluator(
                source.Physical == target.Physical && source.Scale == target.Scale ? column : new CastExpression(column, target, CastContext.Implicit),
                scope.Evaluation);
        })];

    private static bool HasNull(ReadOnlySpan<Vector> vectors, int position)
    {
        foreach (Vector vector in vectors)
        {
            if (!vector.IsValid(position))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Looks keys up in the table that they refer to.</summary>
    private sealed class ParentLookup
    {
        private readonly TableStore _parent;
        private readonly IndexLookup _lookup;
        private readonly TableIndex _index;
        private readonly RowBuffer _key;
        private readonly int[] _places;   // of the index's columns among the key's

        public ParentLookup(ConstraintDefinition constraint, StatementScope scope)
        {
            _parent = scope.Tables[constraint.ReferencedTableOid];
            _index = _parent.FindIndex(constraint.ReferencedIndexOid)
                ?? throw Error.Internal($"foreign key {constraint.Name} has lost its index");
            _lookup = new IndexLookup(_parent, _index);
            _key = new RowBuffer(_index.ColumnNumbers);
            List<int> referenced = [.. constraint.ReferencedColumns];
            _places = [.. _index.ColumnNumbers.Select(n => referenced.IndexOf(n))];
        }

        /// <summary>True where the parent has the key; the row that has it is locked, so that it keeps it.</summary>
        public bool Lock(Transactions.Transaction transaction, ReadOnlySpan<Vector> key, int position)
        {
            Encode(key, position);
            return transaction.LockKey(_parent, _index, _lookup.Key.Key);
        }

        /// <summary>True where a row has the key, as all that is committed and the transaction's own doing leave it.</summary>
        public bool Has(in ReadView newest, ReadOnlySpan<Vector> key, int position)
        {
            Encode(key, position);
            return _lookup.TryFind(newest, out _);
        }

        private void Encode(ReadOnlySpan<Vector> key, int position)
        {
            for (int i = 0; i < _places.Length; i++)
            {
                Vector vector = key[_places[i]];
                _key.SetFrom(i, vector, vector.PositionOf(position));
            }
            _lookup.Key.Reset();
            _index.Encode(_lookup.Key, _key, 0);
        }
    }

    /// <summary>A foreign key of the table, and the new rows' keys.</summary>
    private sealed class Outgoing(ConstraintDefinition constraint, TableDefinition table, StatementScope scope)
    {
        public ConstraintDefinition Constraint => constraint;

        public ColumnarBuffer Keys { get; } = new(TypesOf(table, constraint.Columns), scope.Statement.Memory);

        public void Test(StatementScope statement)
        {
            TableDefinition parent = statement.Catalog.GetTable(constraint.ReferencedTableOid);
            ParentLookup lookup = new(constraint, statement);
            ExpressionEvaluator[] casts = CastsTo(table, constraint.Columns, parent, constraint.ReferencedColumns, statement);
            DataChunk chunk = new(Keys.Types);
            for (int block = 0; block < Keys.BlockCount; block++)
            {
                statement.Statement.ThrowIfCancelled();
                Keys.Read(block, chunk);
                Vector[] key = [.. casts.Select(c => c.Evaluate(chunk))];
                for (int i = 0; i < chunk.Count; i++)
                {
                    if (HasNull(chunk.Vectors, i))
                    {
                        TestMatchFull(chunk, i);
                        continue;
                    }
                    if (!lookup.Lock(statement.Transaction, key, i))
                    {
                        throw new PhantomDbException(SqlStates.ForeignKeyViolation,
                            $"insert or update on table \"{table.Name}\" violates foreign key constraint \"{constraint.Name}\"")
                        {
                            Detail = $"{Describe(table, constraint.Columns, chunk, i, statement)} is not present in table \"{parent.Name}\".",
                            SchemaName = table.Schema, TableName = table.Name, ConstraintName = constraint.Name,
                        };
                    }
                }
            }
        }

        private void TestMatchFull(DataChunk chunk, int position)
        {
            if (constraint.IsMatchFull && chunk.Vectors.Any(v => v.IsValid(position)))
            {
                throw new PhantomDbException(SqlStates.ForeignKeyViolation,
                    $"insert or update on table \"{table.Name}\" violates foreign key constraint \"{constraint.Name}\"")
                {
                    Detail = "MATCH FULL does not allow mixing of null and nonnull key values.",
                    SchemaName = table.Schema, TableName = table.Name, ConstraintName = constraint.Name,
                };
            }
        }
    }

    /// <summary>A foreign key that refers to the table, and the old rows' keys.</summary>
    private sealed class Incoming(ConstraintDefinition constraint, TableDefinition child, TableDefinition parent, StatementScope scope)
    {
        public ConstraintDefinition Constraint => constraint;

        public ColumnarBuffer Keys { get; } = new(TypesOf(parent, constraint.ReferencedColumns), scope.Statement.Memory);

        public void Test(StatementScope statement)
        {
            ColumnarBuffer gone = GoneKeys(statement);
            if (gone.Count == 0)
            {
                return;
            }
            Operators.JoinHashTable table = new(gone, constraint.Columns.Count, statement.Statement.Memory);
            Operators.JoinHashTable.Scratch scratch = new();
            ExpressionEvaluator[] casts = CastsTo(child, constraint.Columns, parent, constraint.ReferencedColumns, statement);
            TableScan.Worker scan = statement.Tables[child.Oid].Scan(
                [.. constraint.Columns], statement.Transaction.NewestView, withRowIds: true).NewWorker();
            DataChunk chunk = new([.. TypesOf(child, constraint.Columns), PhysicalType.Int64]);
            int[] heads = new int[DataChunk.Capacity];
            while (scan.TryNext(chunk))
            {
                statement.Statement.ThrowIfCancelled();
                Vector[] key = [.. casts.Select(c => c.Evaluate(chunk))];
                table.Find(key, chunk.Selection, chunk.Count, scratch, heads);
                for (int i = 0; i < chunk.Count; i++)
                {
                    if (heads[i] >= 0 && StillRefers(statement, chunk, chunk.Position(i)))
                    {
                        throw new PhantomDbException(SqlStates.ForeignKeyViolation,
                            $"update or delete on table \"{parent.Name}\" violates foreign key constraint \"{constraint.Name}\" on table \"{child.Name}\"")
                        {
                            Detail = $"{Describe(parent, constraint.ReferencedColumns, chunk, chunk.Position(i), statement)} is still referenced from table \"{child.Name}\".",
                            SchemaName = child.Schema, TableName = child.Name, ConstraintName = constraint.Name,
                        };
                    }
                }
            }
        }

        // Somebody else may be about to remove the row or to change its key: then that decides.
        private bool StillRefers(StatementScope statement, DataChunk chunk, int position)
        {
            TableStore store = statement.Tables[child.Oid];
            long rowId = chunk.Vectors[^1].Values<long>()[position];
            RowBuffer now = new([.. constraint.Columns]);
            RowBuffer before = new([.. constraint.Columns]);
            DataChunk one = new(TypesOf(child, constraint.Columns));
            DataChunk other = new(TypesOf(child, constraint.Columns));
            RowBuffer.Clear(one);
            RowBuffer.Clear(other);
            if (!statement.Transaction.LockLatest(store, rowId, RowLockMode.KeyShare) || !store.TryReadLatest(rowId, now))
            {
                return false;
            }
            now.AppendTo(one);
            for (int i = 0; i < before.Count; i++)
            {
                before.SetFrom(i, chunk.Vectors[i], position);
            }
            before.AppendTo(other);
            return Describe(child, constraint.Columns, one, 0, statement) == Describe(child, constraint.Columns, other, 0, statement);
        }

        // Old keys that no row has any more.
        private ColumnarBuffer GoneKeys(StatementScope statement)
        {
            ColumnarBuffer gone = new(Keys.Types, statement.Statement.Memory);
            ParentLookup lookup = new(constraint, statement);
            DataChunk chunk = new(Keys.Types);
            int[] selection = new int[DataChunk.Capacity];
            for (int block = 0; block < Keys.BlockCount; block++)
            {
                Keys.Read(block, chunk);
                int count = 0;
                for (int i = 0; i < chunk.Count; i++)
                {
                    if (!HasNull(chunk.Vectors, i) && !lookup.Has(statement.Transaction.NewestView, chunk.Vectors, i))
                    {
                        selection[count++] = i;
                    }
                }
                gone.Append(chunk.Vectors, selection, count);
            }
            return gone;
        }
    }
}
