using System.Buffers;
using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>How a column's values are shown.</summary>
internal enum ColumnKind
{
    Text,
    Number,
    Boolean,

    /// <summary>A date, a time, an interval.</summary>
    Moment,
}

/// <summary>A column of what is shown.</summary>
internal sealed record RowColumn(string Name, ColumnKind Kind);

/// <summary>Rows to show, read forward: a statement's result, or what a shell command lists.</summary>
internal abstract class RowSource
{
    public abstract IReadOnlyList<RowColumn> Columns { get; }

    public abstract bool Read();

    public abstract bool IsNull(int column);

    /// <summary>The value's text; only where it is not NULL.</summary>
    public abstract void WriteText(int column, IBufferWriter<byte> output);
}

/// <summary>The rows of a statement. The first is there when this is made: a statement that fails before it shows nothing.</summary>
internal sealed class QueryRows(QueryResult result) : RowSource
{
    private readonly bool _hasFirst = result.Read();
    private bool _isPastFirst;

    public override IReadOnlyList<RowColumn> Columns { get; } =
        [.. result.Columns.Select(column => new RowColumn(column.Name, KindOf(column.TypeOid)))];

    public override bool Read()
    {
        bool found = _isPastFirst ? result.Read() : _hasFirst;
        _isPastFirst = true;
        return found;
    }

    public override bool IsNull(int column) => result.IsNull(column);

    public override void WriteText(int column, IBufferWriter<byte> output) => result.WriteText(column, output);

    /// <summary>By oid in pg_type: bool; int8, int2, int4, oid, float4, float8, numeric; date, time, timestamp, timestamptz, interval, timetz.</summary>
    private static ColumnKind KindOf(int typeOid) => typeOid switch
    {
        16 => ColumnKind.Boolean,
        20 or 21 or 23 or 26 or 700 or 701 or 1700 => ColumnKind.Number,
        1082 or 1083 or 1114 or 1184 or 1186 or 1266 => ColumnKind.Moment,
        _ => ColumnKind.Text,
    };
}

/// <summary>Other rows, counted.</summary>
internal sealed class CountedRows(RowSource rows) : RowSource
{
    public long Count { get; private set; }

    public override IReadOnlyList<RowColumn> Columns => rows.Columns;

    public override bool Read()
    {
        bool hasRow = rows.Read();
        Count += hasRow ? 1 : 0;
        return hasRow;
    }

    public override bool IsNull(int column) => rows.IsNull(column);

    public override void WriteText(int column, IBufferWriter<byte> output) => rows.WriteText(column, output);
}

/// <summary>Rows of plain text, such as a list of tables.</summary>
internal sealed class TextRows(IReadOnlyList<string> columns, IReadOnlyList<string?[]> rows) : RowSource
{
    private int _row = -1;

    public override IReadOnlyList<RowColumn> Columns { get; } = [.. columns.Select(name => new RowColumn(name, ColumnKind.Text))];

    public override bool Read() => ++_row < rows.Count;

    public override bool IsNull(int column) => rows[_row][column] is null;

    public override void WriteText(int column, IBufferWriter<byte> output) =>
        Encoding.UTF8.GetBytes(rows[_row][column]!, output);
}
