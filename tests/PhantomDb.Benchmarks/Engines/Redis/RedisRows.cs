using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace PhantomDb.Benchmarks.Engines.Redis;

/// <summary>Rows of kv as commands of Redis's protocol, each one HSET, written to a stream.</summary>
internal sealed class RedisRows(Stream stream) : IStatement
{
    private static readonly string[] Fields = ["", "name", "balance", "n"];

    private readonly byte[][] _values = [[], [], [], []];
    private readonly MemoryStream _command = new();

    public void Bind(int parameter, long value) => _values[parameter - 1] = Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    public void Bind(int parameter, int value) => Bind(parameter, (long)value);

    public void Bind(int parameter, double value) => _values[parameter - 1] = Encoding.ASCII.GetBytes(value.ToString("R", CultureInfo.InvariantCulture));

    public void Bind(int parameter, ReadOnlySpan<byte> utf8) => _values[parameter - 1] = utf8.ToArray();

    public void Run()
    {
        _command.SetLength(0);
        _command.Write("*8\r\n"u8);
        Add("HSET"u8);
        Add([.. "kv:"u8, .. _values[0]]);
        for (int i = 1; i < Fields.Length; i++)
        {
            Add(Encoding.ASCII.GetBytes(Fields[i]));
            Add(_values[i]);
        }

        stream.Write(_command.GetBuffer().AsSpan(0, (int)_command.Length));
    }

    public bool Next() => throw new NotSupportedException();

    public long GetInt64(int column) => throw new NotSupportedException();

    public double GetDouble(int column) => throw new NotSupportedException();

    public ReadOnlySpan<byte> GetText(int column) => throw new NotSupportedException();

    public void Dispose() => _command.Dispose();

    private void Add(ReadOnlySpan<byte> text)
    {
        Span<byte> length = stackalloc byte[20];
        Utf8Formatter.TryFormat(text.Length, length, out int count);
        _command.Write("$"u8);
        _command.Write(length[..count]);
        _command.Write("\r\n"u8);
        _command.Write(text);
        _command.Write("\r\n"u8);
    }
}
