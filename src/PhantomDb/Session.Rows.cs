using System.Data;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;

namespace PhantomDb;

// Many rows of .NET into a table.
public sealed partial class Session
{
    private BulkInsert? _bulkInsert;   // the one that is under way: the transaction, or the part of it since the savepoint, is its to end

    /// <summary>True until the insert, or the transaction that it is a part of, has ended.</summary>
    internal bool IsUnderWay(BulkInsert insert) => ReferenceEquals(_bulkInsert, insert);

    /// <summary>Begins to write rows into a table, all of which are kept or none.</summary>
    /// <param name="table">As SQL writes it: <c>customer</c>, <c>old.invoice</c>, <c>"Order Details"</c>.</param>
    /// <param name="columns">Those that the rows have values for, each as it is called; none: all of the table's. Columns that are left out get their defaults.</param>
    /// <exception cref="PhantomDbException">There is no such table or column; or the session has another result open, or another bulk insert under way.</exception>
    public BulkInsert BeginInsert(string table, params ReadOnlySpan<string> columns)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        if (_bulkInsert is not null)
        {
            throw BulkInsertIsUnderWay();
        }
        BulkInsert insert = new(this, table, columns);
        _bulkInsert = insert;
        return insert;
    }

    /// <summary>Writes a row for each object, all of them or none; gives their count.</summary>
    /// <param name="table">As for <see cref="BeginInsert"/>.</param>
    /// <param name="rows">Enumerated once, while they are written.</param>
    /// <param name="columns">What each column has of an object; columns that are left out get their defaults.</param>
    /// <exception cref="PhantomDbException">A row does not fit: none has been written. <c>Where</c> tells which.</exception>
    public long Insert<T>(string table, IEnumerable<T> rows, params ReadOnlySpan<(string Column, Func<T, object?> Value)> columns)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (columns.IsEmpty)
        {
            throw new ArgumentException("Name the columns, and what each has of a row: (\"id\", item => item.Id).", nameof(columns));
        }
        string[] names = new string[columns.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = columns[i].Column;
        }
        using BulkInsert insert = BeginInsert(table, names);
        object?[] values = new object?[names.Length];
        foreach (T row in rows)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = columns[i].Value(row);
            }
            insert.Write(values);
        }
        return insert.Complete();
    }

    /// <summary>Writes the rows of a <see cref="DataTable"/>, but for those that are deleted, into the columns that have the names of its; all of them or none. Gives their count.</summary>
    /// <param name="table">As for <see cref="BeginInsert"/>.</param>
    /// <exception cref="PhantomDbException">A row does not fit: none has been written. <c>Where</c> tells which.</exception>
    public long Insert(string table, DataTable rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Columns.Count == 0)
        {
            throw new ArgumentException("The DataTable has no columns.", nameof(rows));
        }
        using BulkInsert insert = BeginInsert(table, [.. rows.Columns.Cast<DataColumn>().Select(column => column.ColumnName)]);
        foreach (DataRow row in rows.Rows)
        {
            if (row.RowState != DataRowState.Deleted)
            {
                insert.Write(row.ItemArray);
            }
        }
        return insert.Complete();
    }

    /// <summary>The rows of an insert are kept, or taken back.</summary>
    internal void EndBulkInsert(BulkInsert insert) => _bulkInsert = IsUnderWay(insert) ? null : _bulkInsert;

    // Nobody else ends the transaction, or moves among its savepoints; but ROLLBACK, which leaves nothing of the rows.
    private void EnsureNoBulkInsert(Statement statement)
    {
        if (_bulkInsert is { IsEnding: false }
            && statement is BeginStatement or CommitStatement or RollbackStatement { AndChain: true } or SavepointStatement or ReleaseSavepointStatement or RollbackToSavepointStatement)
        {
            throw BulkInsertIsUnderWay();
        }
    }

    private static PhantomDbException BulkInsertIsUnderWay() =>
        new(SqlStates.ObjectInUse, "a bulk insert of this session is under way") { Hint = "Complete it or dispose of it first. Rows of several tables: one after the other, within a transaction." };
}
