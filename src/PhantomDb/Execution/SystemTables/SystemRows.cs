using System.Globalization;
using System.Text;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.SystemTables;

/// <summary>Rows of a system relation, made as they are asked for, into chunks with the columns asked for.</summary>
/// <param name="firstCount">Rows of the first chunk: few where few may be wanted.</param>
internal sealed class SystemRows(IEnumerable<object?[]> rows, SystemRelation relation, IReadOnlyList<string> columns, IStatementContext statement, int firstCount = DataChunk.Capacity) : TableFunctionRows
{
    private int _countMax = firstCount;   // of a chunk; it doubles
    private readonly IEnumerator<object?[]> _rows = rows.GetEnumerator();
    private readonly int[] _places = [.. columns.Select(name => relation.Columns.ToList().FindIndex(column => column.Name == name))];

    public override bool Next(DataChunk output)
    {
        statement.ThrowIfCancelled();
        for (int i = 0; i < _places.Length; i++)
        {
            Begin(output[i]);
        }
        int count = 0;
        while (count < _countMax && _rows.MoveNext())
        {
            for (int i = 0; i < _places.Length; i++)
            {
                Write(output[i], count, _rows.Current[_places[i]]);
            }
            count++;
        }
        for (int i = 0; i < _places.Length; i++)
        {
            if (output[i].Type == PhysicalType.String)
            {
                output[i].SealStrings();
            }
        }
        output.Count = count;
        _countMax = Math.Min(2 * _countMax, DataChunk.Capacity);
        return count > 0;
    }

    private static void Begin(Vector vector)
    {
        switch (vector.DeclaredType)
        {
            case PhysicalType.Boolean: vector.Write<bool>(); break;
            case PhysicalType.Int16: vector.Write<short>(); break;
            case PhysicalType.Int32: vector.Write<int>(); break;
            case PhysicalType.Int64: vector.Write<long>(); break;
            case PhysicalType.Real: vector.Write<float>(); break;
            case PhysicalType.Double: vector.Write<double>(); break;
            case PhysicalType.Numeric: vector.Write<Numeric>(); break;
            case PhysicalType.Interval: vector.Write<Interval>(); break;
            default: vector.Write<StringView>(); break;
        }
    }

    private static void Write(Vector vector, int position, object? value)
    {
        if (value is null)
        {
            vector.SetNull(position);
            return;
        }
        switch (vector.DeclaredType)
        {
            case PhysicalType.Boolean:
                vector.Data<bool>()[position] = (bool)value;
                break;
            case PhysicalType.Int16:
                vector.Data<short>()[position] = Convert.ToInt16(value, CultureInfo.InvariantCulture);
                break;
            case PhysicalType.Int32:
                vector.Data<int>()[position] = Convert.ToInt32(value, CultureInfo.InvariantCulture);
                break;
            case PhysicalType.Int64:
                vector.Data<long>()[position] = Convert.ToInt64(value, CultureInfo.InvariantCulture);
                break;
            case PhysicalType.Real:
                vector.Data<float>()[position] = Convert.ToSingle(value, CultureInfo.InvariantCulture);
                break;
            case PhysicalType.Double:
                vector.Data<double>()[position] = Convert.ToDouble(value, CultureInfo.InvariantCulture);
                break;
            case PhysicalType.Numeric:
                vector.Data<Numeric>()[position] = Numeric.FromInt64(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case PhysicalType.Interval:
                vector.Data<Interval>()[position] = (Interval)value;
                break;
            default:
                vector.Data<StringView>()[position] = vector.Heap.Add(Encoding.UTF8.GetBytes(Convert.ToString(value, CultureInfo.InvariantCulture)!));
                break;
        }
    }
}
