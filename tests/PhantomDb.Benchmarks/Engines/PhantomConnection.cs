namespace PhantomDb.Benchmarks.Engines;

/// <summary>A session of PhantomDB.</summary>
internal sealed class PhantomConnection(Session session) : IConnection
{
    private long _checksum;

    public void Execute(string sql)
    {
        using QueryResult result = session.Execute(sql);
        while (result.Columns.Count > 0 && result.Read())
        {
        }
    }

    public ResultTable Query(string sql)
    {
        using QueryResult result = session.Execute(sql);
        var table = new ResultTable(result.Columns.Count);
        while (result.Read())
        {
            table.Rows.Add([.. Enumerable.Range(0, table.ColumnCount).Select(column => CellOf(result, column))]);
        }

        return table;
    }

    public long Drain(string sql)
    {
        using QueryResult result = session.Execute(sql);
        Kind[] kinds = [.. result.Columns.Select(KindOf)];
        while (result.Read())
        {
            for (int column = 0; column < kinds.Length; column++)
            {
                _checksum += result.IsNull(column) ? 0 : ReadValue(result, column, kinds[column]);
            }
        }

        return result.RowsRead;
    }

    public IStatement Prepare(string sql) => new PhantomStatement(session.Prepare(sql));

    public IStatement PrepareVerbatim(string sql) => new PhantomText(session, sql);

    public IStatement PrepareBulkInsert(string table, int columnCount) =>
        Prepare($"insert into {table} values ({string.Join(", ", Enumerable.Range(1, columnCount).Select(i => "$" + i))})");

    public void Load(string table, string path) => Execute($"copy {table} from '{path}' (format csv, delimiter '|', header false)");

    public void Save(string table, string path) => Execute($"copy {table} to '{path}' (format csv, delimiter '|', header false)");

    public void Dispose() => session.Dispose();

    private static Cell CellOf(QueryResult result, int column)
    {
        if (result.IsNull(column))
        {
            return Cell.Null;
        }

        CellKind kind = KindOf(result.Columns[column]) switch
        {
            Kind.Integer or Kind.Decimal => CellKind.Exact,
            Kind.Double => CellKind.Floating,
            _ => CellKind.Text,
        };
        return new Cell(kind, result.GetText(column));
    }

    /// <summary>The value in its own type.</summary>
    private static long ReadValue(QueryResult result, int column, Kind kind) => kind switch
    {
        Kind.Integer => result.GetInt64(column),
        Kind.Decimal => LowBits(result.GetDecimal(column)),
        Kind.Double => BitConverter.DoubleToInt64Bits(result.GetDouble(column)),
        Kind.Date => result.GetDate(column).DayNumber,
        _ => result.GetBytes(column) is { Length: > 0 } bytes ? bytes.Length + bytes[^1] : 0,
    };

    private static long LowBits(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        return bits[0];
    }

    private static Kind KindOf(ResultColumn column) => column.TypeName switch
    {
        "smallint" or "integer" or "bigint" => Kind.Integer,
        "real" or "double precision" => Kind.Double,
        "date" => Kind.Date,
        var name when name.StartsWith("numeric", StringComparison.Ordinal) => Kind.Decimal,
        var name when name.StartsWith("char", StringComparison.Ordinal) || name is "text" or "bpchar" => Kind.Text,
        var name => throw new NotSupportedException($"type {name}"),
    };

    private enum Kind
    {
        Integer,
        Decimal,
        Double,
        Date,
        Text,
    }
}
