using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Copy;

/// <summary>
/// The rows of COPY FROM as a table that a plan can read: fields become values of the columns' types, chunk by chunk. An
/// error says where: table, line and column.
/// </summary>
internal sealed class CopyInput(CopyFromCommand command, Stream stream, Action<long>? progress) : IVirtualTableSource
{
    private const long RowsBetweenReports = 1_000_000;

    private readonly long[] _lines = new long[DataChunk.Capacity];   // of the rows of the chunk that was read last

    /// <summary>The plan with its <see cref="LogicalCopyInput"/> replaced by a scan that this object answers.</summary>
    public static LogicalInsert PlanOf(CopyFromCommand command) => (LogicalInsert)Planning.PlanTraversal.RewriteOperators(
        command.Insert, plan => plan is LogicalCopyInput input ? new LogicalVirtualScan("", "copy", "copy", input.Columns) : null);

    public TableFunctionRows Open(string schema, string name, IReadOnlyList<string> columns, VirtualFilter filter, IStatementContext statement)
    {
        int[] outputs = new int[command.Columns.Count];
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = columns.ToList().IndexOf(command.Columns[i].Name);   // -1: read and checked, but not wanted
        }
        return new Rows(command, CopyRowReader.Create(stream, command.Options), outputs, statement, progress, _lines);
    }

    /// <summary>An error about a row of the chunk that was read last, with the row's line.</summary>
    public PhantomDbException Placed(PhantomDbException error) => error.In($"COPY {command.Table.Name}, line {_lines[error.ChunkPosition]}");

    private sealed class Rows : TableFunctionRows
    {
        private readonly CopyFromCommand _command;
        private readonly CopyOptions _options;
        private readonly CopyRowReader _reader;
        private readonly int[] _outputs;
        private readonly TextInput[] _inputs;
        private readonly Vector[] _unwanted;
        private readonly Action<long>? _progress;
        private readonly long[] _lines;
        private long _rowCount;
        private bool _isHeaderRead;

        public Rows(CopyFromCommand command, CopyRowReader reader, int[] outputs, IStatementContext statement, Action<long>? progress, long[] lines)
        {
            _command = command;
            _options = command.Options;
            _reader = reader;
            _outputs = outputs;
            _progress = progress;
            _lines = lines;
            _inputs = [.. command.Columns.Select(c => new TextInput(c.Type, statement))];
            _unwanted = [.. command.Columns.Select(c => new Vector(c.Type.Physical))];
        }

        public override bool Next(DataChunk output)
        {
            try
            {
                return Read(output);
            }
            catch (PhantomDbException error) when (error.Where is null)   // the reader's
            {
                throw Placed(error, -1);
            }
        }

        private bool Read(DataChunk output)
        {
            if (!_isHeaderRead)
            {
                _isHeaderRead = true;
                ReadHeader();
            }
            Vector[] targets = [.. _outputs.Select((place, i) => place < 0 ? _unwanted[i] : output.Vectors[place])];
            for (int i = 0; i < targets.Length; i++)
            {
                targets[i].BeginWrite();
            }
            int count = 0;
            while (count < DataChunk.Capacity && _reader.Read())
            {
                _lines[count] = _reader.LineNumber;
                ReadRow(targets, count++);
            }
            foreach (Vector target in targets)
            {
                if (target.Type == Types.PhysicalType.String)
                {
                    target.SealStrings();
                }
            }
            output.Selection = null;
            output.Count = count;
            if (_progress is not null && (_rowCount + count) / RowsBetweenReports != _rowCount / RowsBetweenReports)
            {
                _progress(_rowCount + count);
            }
            _rowCount += count;
            return count > 0;
        }

        private void ReadRow(Vector[] targets, int row)
        {
            int column = -1;
            try
            {
                if (_reader.FieldCount < targets.Length)
                {
                    throw new PhantomDbException(SqlStates.BadCopyFileFormat, $"missing data for column \"{_command.Columns[_reader.FieldCount].Name}\"");
                }
                if (_reader.FieldCount > targets.Length)
                {
                    throw new PhantomDbException(SqlStates.BadCopyFileFormat, "extra data after last expected column");
                }
                for (column = 0; column < targets.Length; column++)
                {
                    if (IsNull(column))
                    {
                        targets[column].SetNull(row);
                    }
                    else
                    {
                        _inputs[column].Parse(_reader[column], targets[column], row);
                    }
                }
            }
            catch (PhantomDbException error)
            {
                throw Placed(error, column);
            }
        }

        private PhantomDbException Placed(PhantomDbException error, int column) => new(error.SqlState, error.Message, error)
        {
            Detail = error.Detail, Hint = error.Hint, TableName = _command.Table.Name, Where = Place(column),
        };

        private bool IsNull(int column) => _reader.IsNull(column)
            ? !_options.ForceNotNull.Contains(column)
            : _options.ForceNull.Contains(column) && _reader.IsQuotedNull(column);

        private string Place(int column)
        {
            string place = $"COPY {_command.Table.Name}, line {_reader.LineNumber}";
            return column < 0 || column >= _reader.FieldCount ? place
                : $"{place}, column {_command.Columns[column].Name}: \"{Encoding.UTF8.GetString(_reader[column])}\"";
        }

        private void ReadHeader()
        {
            if (_options.Header == CopyHeader.None || !_reader.Read() || _options.Header != CopyHeader.Match)
            {
                return;
            }
            if (_reader.FieldCount != _command.Columns.Count)
            {
                throw new PhantomDbException(SqlStates.BadCopyFileFormat,
                    $"wrong number of fields in header line: got {_reader.FieldCount}, expected {_command.Columns.Count}")
                {
                    Where = $"COPY {_command.Table.Name}, line 1",
                };
            }
            for (int i = 0; i < _command.Columns.Count; i++)
            {
                string name = Encoding.UTF8.GetString(_reader[i]);
                if (name != _command.Columns[i].Name)
                {
                    throw new PhantomDbException(SqlStates.BadCopyFileFormat,
                        $"column name mismatch in header line field {i + 1}: got \"{name}\", expected \"{_command.Columns[i].Name}\"")
                    {
                        Where = $"COPY {_command.Table.Name}, line 1",
                    };
                }
            }
        }
    }
}
