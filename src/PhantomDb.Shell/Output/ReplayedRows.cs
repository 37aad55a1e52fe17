using System.Buffers;
using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>Rows of which some have been read ahead, as texts: those first, then the others.</summary>
internal sealed class ReplayedRows(IReadOnlyList<string[]> ahead, RowSource rest) : RowSource
{
    private int _row = -1;

    public override IReadOnlyList<RowColumn> Columns => rest.Columns;

    private bool IsAhead => _row < ahead.Count;

    public override bool Read() => ++_row < ahead.Count || rest.Read();

    public override bool IsNull(int column) => !IsAhead && rest.IsNull(column);

    public override void WriteText(int column, IBufferWriter<byte> output)
    {
        if (IsAhead)
        {
            Encoding.UTF8.GetBytes(ahead[_row][column], output);
        }
        else
        {
            rest.WriteText(column, output);
        }
    }
}
