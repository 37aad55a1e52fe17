using System.Buffers;
using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>Writes rows in one mode, as they come: no writer holds more than a window of them.</summary>
internal abstract class RowWriter
{
    private readonly ArrayBufferWriter<byte> _value = new();

    /// <param name="mode">How rows are written.</param>
    /// <param name="view">Who looks at them.</param>
    /// <param name="table">Into which <see cref="OutputMode.Insert"/> inserts.</param>
    /// <param name="style">What was chosen beside the mode.</param>
    public static RowWriter Create(OutputMode mode, RowView view, string table = "result", RowStyle? style = null)
    {
        RowWriter writer = Create(mode, view, table);
        writer.Style = style ?? RowStyle.Plain;
        return writer;
    }

    /// <summary>What was chosen beside the mode.</summary>
    public RowStyle Style { get; set; } = RowStyle.Plain;

    private static RowWriter Create(OutputMode mode, RowView view, string table) => mode switch
    {
        OutputMode.Table => new TableWriter(view, isBoxed: false),
        OutputMode.Box => new TableWriter(view, isBoxed: true),
        OutputMode.Insert => new InsertWriter(table),
        OutputMode.Csv => new CsvWriter(),
        OutputMode.Json => new JsonWriter(isLines: false),
        OutputMode.JsonLines => new JsonWriter(isLines: true),
        OutputMode.Tsv => new TsvWriter(),
        OutputMode.Markdown => new MarkdownWriter(),
        OutputMode.Line => new LineWriter(),
        OutputMode.List => new ListWriter(),
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    /// <summary>Writes all rows; the sink is not flushed.</summary>
    public abstract void Write(RowSource rows, OutputSink output);

    /// <summary>The value's text, until the next call.</summary>
    protected ReadOnlySpan<byte> TextOf(RowSource rows, int column)
    {
        _value.ResetWrittenCount();
        rows.WriteText(column, _value);
        return _value.WrittenSpan;
    }

    protected static ReadOnlySpan<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
