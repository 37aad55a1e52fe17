using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.SystemTables;

/// <summary>A version of a row out of the log: what is told of it, and its values as text by the table's columns; none where all rows have gone.</summary>
internal sealed record HistoryRow(long Lsn, long Time, long TransactionId, string Operation, string? Image, IReadOnlyList<string?>? Values);

/// <summary>The columns of phantomdb_history('table'): the table's, and what the log says of each version.</summary>
internal static class HistoryTable
{
    public const string Name = "phantomdb_history";

    private static readonly (string Name, SqlType Type)[] LogColumns =
    [
        ("log_lsn", SqlType.Int64), ("log_time", SqlType.TimestampTz), ("log_transaction", SqlType.Int64), ("log_operation", SqlType.Text), ("log_image", SqlType.Text),
    ];

    public static IReadOnlyList<(string Name, SqlType Type)> ColumnsOf(TableDefinition table) => [.. table.Columns.Select(c => (c.Name, c.Type)), .. LogColumns];

    /// <summary>Makes rows of versions, with the columns asked for.</summary>
    public static TableFunctionRows Open(TableDefinition table, IEnumerable<HistoryRow> versions, IReadOnlyList<string> columns, IStatementContext statement) =>
        new Rows(table, versions.GetEnumerator(), columns, statement);

    private sealed class Rows : TableFunctionRows
    {
        private readonly IEnumerator<HistoryRow> _versions;
        private readonly TableDefinition _table;
        private readonly IStatementContext _statement;
        private readonly int[] _places;   // of a column of the table, or behind them one of the log's
        private readonly TextInput[] _inputs;

        public Rows(TableDefinition table, IEnumerator<HistoryRow> versions, IReadOnlyList<string> columns, IStatementContext statement)
        {
            (_table, _versions, _statement) = (table, versions, statement);
            List<(string Name, SqlType Type)> all = [.. ColumnsOf(table)];
            _places = [.. columns.Select(name => all.FindIndex(column => column.Name == name))];
            _inputs = [.. _places.Select(place => new TextInput(all[place].Type, DateTimeClock.Fixed))];
        }

        public override bool Next(DataChunk output)
        {
            _statement.ThrowIfCancelled();
            for (int i = 0; i < _places.Length; i++)
            {
                output[i].BeginWrite();
            }
            int count = 0;
            while (count < DataChunk.Capacity && _versions.MoveNext())
            {
                for (int i = 0; i < _places.Length; i++)
                {
                    Write(_versions.Current, _places[i], _inputs[i], output[i], count);
                }
                count++;
            }
            for (int i = 0; i < _places.Length; i++)
            {
                _inputs[i].End(output[i]);
            }
            output.Count = count;
            return count > 0;
        }

        private void Write(HistoryRow version, int place, TextInput input, Vector target, int position)
        {
            string? text;
            switch (place - _table.Columns.Count)
            {
                case 0:
                    target.Data<long>()[position] = version.Lsn;
                    return;
                case 1:
                    target.Data<long>()[position] = version.Time;
                    return;
                case 2:
                    target.Data<long>()[position] = version.TransactionId;
                    return;
                case 3:
                    text = version.Operation;
                    break;
                case 4:
                    text = version.Image;
                    break;
                default:
                    text = version.Values?[place];
                    break;
            }
            if (text is null)
            {
                target.SetNull(position);
                return;
            }
            try
            {
                input.Parse(Encoding.UTF8.GetBytes(text), target, position);
            }
            catch (PhantomDbException error) when (place < _table.Columns.Count)
            {
                throw new PhantomDbException(error.SqlState, $"a former value of column \"{_table.Columns[place].Name}\" is none of its present type: {error.Message}", error)
                {
                    Detail = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"It is in the log with LSN {version.Lsn}."),
                    Hint = "phantomdb_log has all values as text.",
                };
            }
        }
    }
}
