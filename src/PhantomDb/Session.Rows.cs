using System.Data;

namespace PhantomDb;

// Many rows of .NET into a table.
public sealed partial class Session
{
    /// <summary>Begins to write rows into a table, all of which are kept or none.</summary>
    /// <param name="table">As SQL writes it: <c>customer</c>, <c>old.invoice</c>, <c>"Order Details"</c>.</param>
    /// <param name="columns">Those that the rows have values for, each as it is called; none: all of the table's. Columns that are left out get their defaults.</param>
    /// <exception cref="PhantomDbException">There is no such table or column; or the session has another result open.</exception>
    public BulkInsert BeginInsert(string table, params ReadOnlySpan<string> columns)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        return new BulkInsert(this, table, columns);
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
}
