using System.Globalization;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>Records of whole transactions in their order, one at a time: where each stands and what it says. Spans are valid until the next one.</summary>
internal abstract class LogRecordCursor
{
    /// <summary>Of the segment; null where it is not whole.</summary>
    public abstract LogHeader? Header { get; }

    /// <summary>Where the next transaction begins: behind the last one that was begun.</summary>
    public abstract LogPosition End { get; }

    /// <summary>What was found; there when <see cref="Read"/> has returned false.</summary>
    public abstract LogSegmentReport Report { get; }

    /// <summary>What the record's line says besides operation and values.</summary>
    public LogLine Line { get; private protected set; }

    /// <summary>Where the record's line begins.</summary>
    public long Offset { get; private protected set; }

    public long LineNumber { get; private protected set; }

    public LogOperation Operation => LogOperationNames.Parse(Cells.Raw(0));

    public ReadOnlySpan<byte> OperationName => Cells.Raw(0);

    /// <summary>The table's name as SQL identifier; nothing where the record is about none.</summary>
    public ReadOnlySpan<byte> Table => Cells.Value(1);

    /// <summary>How many values the record has.</summary>
    public int Count => Cells.Count - 2;

    /// <summary>Operation, table and values, as they stand in the line.</summary>
    public LogCells Cells { get; } = new();

    public ReadOnlySpan<byte> Value(int index) => Cells.Value(CellOf(index));

    public bool IsNull(int index) => Cells.Raw(CellOf(index)).IsEmpty;

    public bool IsQuoted(int index) => LogCell.IsQuoted(Cells.Raw(CellOf(index)));

    /// <summary>True for what stands between the images of an UPDATE; the text is quoted.</summary>
    public bool IsMark(int index) => Cells.Raw(CellOf(index)) is [LogCell.Mark];

    /// <summary>The next record; false at the end of what is good. A record comes only when its whole transaction is good.</summary>
    public abstract bool Read();

    // Behind a record's cells stand those of another.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int CellOf(int index)
    {
        int cell = index + 2;
        if (cell >= Cells.Count)
        {
            ThrowTooFew();
        }
        return cell;
    }

    private void ThrowTooFew() => throw new PhantomDbException(SqlStates.DataCorrupted,
        string.Create(CultureInfo.InvariantCulture, $"the {Operation} record with LSN {Line.Lsn} has {Count} values, which is not all that it should have"));
}
