using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>The cells of a body, where they stand and what they hold. Spans are valid until the next body.</summary>
internal sealed class LogCells
{
    private const int ScratchKept = 1 << 20;

    private byte[] _bytes = [];
    private int _start;
    private int[] _ends = new int[16];
    private int _firstEnd;     // in _ends, of the first cell
    private int _count;
    private byte[] _scratch = [];
    private int _scratchCount;

    public int Count => _count;

    /// <summary>Finds the cells of a body in a buffer; false where it is not as it would be written.</summary>
    [MethodImpl(HotLoop.Options)]
    public bool TrySplit(byte[] buffer, int start, int length)
    {
        _bytes = buffer;
        _start = start;
        _firstEnd = _count = 0;
        ForgetValues();
        ReadOnlySpan<byte> body = buffer.AsSpan(start, length);
        int position = 0;
        while (true)
        {
            int cell = LogCell.Measure(body[position..]);
            if (cell < 0)
            {
                return false;
            }
            if (_count == _ends.Length)
            {
                Array.Resize(ref _ends, 2 * _count);
            }
            position += cell;
            _ends[_count++] = start + position;
            if (position == length)
            {
                return true;
            }
            position++;   // the comma
        }
    }

    /// <summary>All cells, as they stand in the file.</summary>
    public ReadOnlySpan<byte> Body => _bytes.AsSpan(_start, _ends[_firstEnd + _count - 1] - _start);

    /// <summary>Where each cell ends in a buffer in which the body begins at a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CopyEnds(Span<int> target, int start)
    {
        for (int i = 0; i < _count; i++)
        {
            target[i] = _ends[_firstEnd + i] - _start + start;
        }
    }

    /// <summary>Shows cells that were copied: the body begins at a byte of the buffer, and the ends of its cells stand in the array from a place on.</summary>
    public void Show(byte[] buffer, int start, int[] ends, int firstEnd, int count)
    {
        (_bytes, _start, _ends, _firstEnd, _count) = (buffer, start, ends, firstEnd, count);
        ForgetValues();
    }

    /// <summary>The cell as it stands in the file.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Raw(int index)
    {
        int start = index == 0 ? _start : _ends[_firstEnd + index - 1] + 1;
        return _bytes.AsSpan(start, _ends[_firstEnd + index] - start);
    }

    /// <summary>The value, without quotes and escapes.</summary>
    [MethodImpl(HotLoop.Options)]
    public ReadOnlySpan<byte> Value(int index)
    {
        ReadOnlySpan<byte> cell = Raw(index);
        if (!LogCell.HasEscapes(cell))
        {
            return LogCell.IsQuoted(cell) ? cell[1..^1] : cell;
        }
        if (_scratch.Length - _scratchCount < cell.Length)
        {
            _scratch = new byte[Math.Max(cell.Length, Math.Min(2 * _scratch.Length, ScratchKept))];   // spans of the old one stay valid
            _scratchCount = 0;
        }
        int length = LogCell.Read(cell, _scratch.AsSpan(_scratchCount));
        ReadOnlySpan<byte> value = _scratch.AsSpan(_scratchCount, length);
        _scratchCount += length;
        return value;
    }

    /// <summary>True where the cells begin as a record's do: with an operation and a table, which may be nothing.</summary>
    public bool IsRecord => _count >= 2 && LogOperationNames.IsName(Raw(0));

    private void ForgetValues()
    {
        _scratchCount = 0;
        if (_scratch.Length > ScratchKept)
        {
            _scratch = [];
        }
    }
}
