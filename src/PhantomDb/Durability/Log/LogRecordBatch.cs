using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>Some records, copied out of the buffer of who reads them, so that another thread can look at them meanwhile.</summary>
internal sealed class LogRecordBatch
{
    private const int RecordCountMax = 2048;
    private const int BytesMax = 1 << 18;
    private const int FirstCellCount = 8 * RecordCountMax;

    private readonly Record[] _records = new Record[RecordCountMax];
    private byte[] _bytes = new byte[BytesMax];
    private int[] _ends = new int[FirstCellCount];
    private int _endCount;

    /// <summary>Where a record stands, and where its cells do here.</summary>
    /// <param name="End">Behind its transaction.</param>
    public readonly record struct Record(LogLine Line, long Offset, long LineNumber, LogPosition End, int FirstByte, int FirstEnd, int CellCount);

    public int Count { get; private set; }

    public int ByteCount { get; private set; }

    public bool IsFull => Count == RecordCountMax || ByteCount >= BytesMax;

    /// <summary>Makes it empty; what long records have taken goes.</summary>
    public void Clear()
    {
        Count = ByteCount = _endCount = 0;
        if (_bytes.Length > 2 * BytesMax)
        {
            _bytes = new byte[BytesMax];
        }
        if (_ends.Length > 2 * FirstCellCount)
        {
            _ends = new int[FirstCellCount];
        }
    }

    [MethodImpl(HotLoop.Options)]
    public void Add(LogReader reader)
    {
        LogCells cells = reader.Cells;
        ReadOnlySpan<byte> body = cells.Body;
        MakeRoom(ref _bytes, ByteCount, body.Length);
        MakeRoom(ref _ends, _endCount, cells.Count);
        body.CopyTo(_bytes.AsSpan(ByteCount));
        cells.CopyEnds(_ends.AsSpan(_endCount), ByteCount);
        _records[Count++] = new Record(reader.Line, reader.Offset, reader.LineNumber, reader.End, ByteCount, _endCount, cells.Count);
        ByteCount += body.Length;
        _endCount += cells.Count;
    }

    /// <summary>A record, and its cells; valid until the batch is cleared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly Record Show(int index, LogCells cells)
    {
        ref readonly Record record = ref _records[index];
        cells.Show(_bytes, record.FirstByte, _ends, record.FirstEnd, record.CellCount);
        return ref record;
    }

    private static void MakeRoom<T>(ref T[] array, int used, int wanted)
    {
        if (array.Length - used < wanted)
        {
            Array.Resize(ref array, (int)Math.Min(Math.Max((long)used + wanted, 2L * array.Length), Array.MaxLength));
        }
    }
}
