using System.Diagnostics;
using PhantomDb.Execution.Settings;

namespace PhantomDb.Execution.SystemTables;

/// <summary>One reading of a system relation: the objects that it tells of, the columns that are read, and what is asked of them.</summary>
internal sealed class SystemScan(SystemRelation relation, SystemObjects objects, SessionSettings settings, IReadOnlyList<string> columns, VirtualFilter filter)
{
    public SystemRelation Relation => relation;

    public SystemObjects Objects => objects;

    /// <summary>The session's settings.</summary>
    public SessionSettings Settings => settings;

    /// <summary>Takes what the reader should know besides the rows.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>The oid that a column is asked for; null where any will do.</summary>
    public long? Oid(string column) => filter.Equal(column) switch
    {
        long number => number,
        int number => number,
        short number => number,
        _ => null,
    };

    /// <summary>The text that a column is asked for; null where any will do.</summary>
    public string? Text(string column) => filter.Equal(column) as string;

    /// <summary>The least and most that is asked for of a column of numbers or times.</summary>
    public (long Least, long Most) Bounds(string column) => filter.Bounds(column);

    /// <summary>True: rows are wanted in the order opposite to that of <see cref="EngineTables.OrderOf"/>.</summary>
    public bool ReadsBackward => filter.ReadsBackward;

    /// <summary>Whether a column is read: what is costly to make can be left out otherwise.</summary>
    public bool Reads(string column) => columns.Contains(column);

    /// <summary>A row with the columns named, NULL in all others.</summary>
    public object?[] Row(params ReadOnlySpan<(string Column, object? Value)> values)
    {
        object?[] row = new object?[relation.Columns.Count];
        foreach ((string column, object? value) in values)
        {
            int place = -1;
            for (int i = 0; i < row.Length && place < 0; i++)
            {
                place = relation.Columns[i].Name == column ? i : -1;
            }
            row[place >= 0 ? place : throw new UnreachableException($"{relation.Name}.{column}")] = value;
        }
        return row;
    }
}
