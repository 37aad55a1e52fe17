using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PhantomDb.Benchmarks.Engines.Sqlite;

/// <summary>A connection to SQLite, for one thread at a time.</summary>
internal sealed unsafe class SqliteConnection : IConnection
{
    private readonly nint _database;
    private readonly bool _owned;

    private SqliteConnection(nint database, bool owned)
    {
        _database = database;
        _owned = owned;
    }

    public static SqliteConnection Open(string name)
    {
        const int Flags = SqliteNative.OpenReadWrite | SqliteNative.OpenCreate | SqliteNative.OpenUri | SqliteNative.OpenNoMutex;
        int code = SqliteNative.Open(name, out nint database, Flags, vfs: null);
        return code == SqliteNative.Ok
            ? new SqliteConnection(database, owned: true)
            : throw new EngineException("sqlite", $"cannot open {name} (code {code})");
    }

    /// <summary>The same connection for another user, who does not close it.</summary>
    public SqliteConnection Lend() => new(_database, owned: false);

    public void Execute(string sql)
    {
        string text = SqliteDialect.Translate(sql);
        int offset = 0;
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        while (offset < utf8.Length)
        {
            using var statement = Prepare(utf8.AsSpan(offset), text, out int consumed);
            statement?.Run();
            offset += consumed;
        }
    }

    public ResultTable Query(string sql)
    {
        using SqliteStatement statement = PrepareOne(SqliteDialect.Translate(sql));
        var table = new ResultTable(statement.ColumnCount);
        while (statement.Next())
        {
            table.Rows.Add([.. Enumerable.Range(0, table.ColumnCount).Select(statement.GetCell)]);
        }

        return table;
    }

    public long Drain(string sql)
    {
        using SqliteStatement statement = PrepareOne(SqliteDialect.Translate(sql));
        long rowCount = 0;
        while (statement.Next())
        {
            rowCount++;
            statement.ReadRow();
        }

        return rowCount;
    }

    public IStatement Prepare(string sql) => PrepareOne(SqliteDialect.Translate(sql));

    public IStatement PrepareVerbatim(string sql) => PrepareOne(sql);

    public IStatement PrepareBulkInsert(string table, int columnCount) =>
        PrepareOne($"insert into {table} values ({string.Join(", ", Enumerable.Range(1, columnCount).Select(i => "?" + i))})");

    /// <summary>As the shell's ".import": every field is bound as text, the column's affinity converts it.</summary>
    public void Load(string table, string path)
    {
        Execute("begin");
        int columnCount = Query($"select * from {table} limit 0").ColumnCount;
        using (IStatement insert = PrepareBulkInsert(table, columnCount))
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0))
        {
            byte[] buffer = new byte[1 << 20];
            int kept = 0;
            for (int read; (read = file.Read(buffer, kept, buffer.Length - kept)) > 0;)
            {
                ReadOnlySpan<byte> rest = buffer.AsSpan(0, kept + read);
                for (int end; (end = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..])
                {
                    InsertLine(insert, rest[..end], columnCount);
                }

                kept = rest.Length;
                rest.CopyTo(buffer);
            }
        }

        Execute("commit");
    }

    public void Save(string table, string path)
    {
        using SqliteStatement statement = PrepareOne($"select * from {table}");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        while (statement.Next())
        {
            for (int column = 0; column < statement.ColumnCount; column++)
            {
                file.Write(statement.GetText(column));
                file.WriteByte(column == statement.ColumnCount - 1 ? (byte)'\n' : (byte)'|');
            }
        }
    }

    public void Dispose()
    {
        if (_owned)
        {
            _ = SqliteNative.Close(_database);
        }
    }

    private static void InsertLine(IStatement insert, ReadOnlySpan<byte> line, int columnCount)
    {
        for (int column = 1; column <= columnCount; column++)
        {
            int end = line.IndexOf((byte)'|');
            insert.Bind(column, end < 0 ? line : line[..end]);
            line = end < 0 ? default : line[(end + 1)..];
        }

        insert.Run();
    }

    private SqliteStatement PrepareOne(string sql)
    {
        byte[]? rented = null;
        Span<byte> utf8 = sql.Length <= 170 ? stackalloc byte[512] : rented = ArrayPool<byte>.Shared.Rent(sql.Length * 3);
        utf8 = utf8[..Encoding.UTF8.GetBytes(sql, utf8)];
        SqliteStatement? statement = Prepare(utf8, sql, out _);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return statement ?? throw new EngineException("sqlite", "no statement in the text", sql);
    }

    /// <summary>The first statement of the text; null if only white space is left.</summary>
    private SqliteStatement? Prepare(ReadOnlySpan<byte> utf8, string sql, out int consumed)
    {
        fixed (byte* start = utf8)
        {
            byte* tail;
            int code = SqliteNative.Prepare(_database, start, utf8.Length, 0, out nint statement, &tail);
            if (code != SqliteNative.Ok)
            {
                throw Error(_database, sql);
            }

            consumed = (int)(tail - start);
            return statement == 0 ? null : new SqliteStatement(_database, statement, sql);
        }
    }

    public static EngineException Error(nint database, string sql) =>
        new("sqlite", Marshal.PtrToStringUTF8((nint)SqliteNative.ErrorMessage(database)) ?? "unknown error", sql);

    public static string FormatDouble(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
