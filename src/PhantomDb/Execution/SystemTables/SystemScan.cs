using System.Diagnostics;
using PhantomDb.Execution.Settings;

namespace PhantomDb.Execution.SystemTables;

/// <summary>One reading of a system relation: the objects that it tells of, and what its rows are known to be equal to.</summary>
internal sealed class SystemScan(SystemRelation relation, SystemObjects objects, SessionSettings settings, IReadOnlyDictionary<string, object> equal)
{
    public SystemRelation Relation => relation;

    public SystemObjects Objects => objects;

    /// <summary>The session's settings.</summary>
    public SessionSettings Settings => settings;

    /// <summary>The oid that a column is asked for; null where any will do.</summary>
    public long? Oid(string column) => equal.TryGetValue(column, out object? value) ? value switch
    {
        long number => number,
        int number => number,
        short number => number,
        _ => null,
    } : null;

    /// <summary>The text that a column is asked for; null where any will do.</summary>
    public string? Text(string column) => equal.TryGetValue(column, out object? value) && value is string text ? text : null;

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
