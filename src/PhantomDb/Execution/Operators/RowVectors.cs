using System.Diagnostics;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>Makes a chunk of rows that come one by one, as an index finds them; the last vector has the row id where the chunk has one more than the row.</summary>
internal static class RowVectors
{
    /// <summary>Makes ready for up to so many rows, from position 0 on.</summary>
    public static void Begin(DataChunk chunk, int countMax)
    {
        foreach (Vector vector in chunk.Vectors)
        {
            vector.LimitRoom(countMax);
            vector.BeginWrite();
        }
    }

    /// <summary>Writes the first values of a row.</summary>
    public static void Write(DataChunk chunk, int position, RowBuffer row, int columnCount, long rowId)
    {
        for (int i = 0; i < columnCount; i++)
        {
            Write(chunk.Vectors[i], position, row, i);
        }
        if (chunk.Vectors.Length > columnCount)
        {
            chunk.Vectors[columnCount].Data<long>()[position] = rowId;
        }
    }

    public static void WriteNulls(DataChunk chunk, int position)
    {
        foreach (Vector vector in chunk.Vectors)
        {
            vector.SetNull(position);
        }
    }

    /// <summary>After the last row.</summary>
    public static void End(DataChunk chunk, int count)
    {
        foreach (Vector vector in chunk.Vectors)
        {
            if (vector.DeclaredType == PhysicalType.String)
            {
                vector.SealStrings();
            }
        }
        chunk.Selection = null;
        chunk.Count = count;
    }

    private static void Write(Vector target, int position, RowBuffer row, int index)
    {
        if (row.IsNull(index))
        {
            target.SetNull(position);
            return;
        }
        switch (target.DeclaredType)
        {
            case PhysicalType.Boolean: target.Data<bool>()[position] = row.Get<bool>(index); break;
            case PhysicalType.Int16: target.Data<short>()[position] = row.Get<short>(index); break;
            case PhysicalType.Int32: target.Data<int>()[position] = row.Get<int>(index); break;
            case PhysicalType.Int64: target.Data<long>()[position] = row.Get<long>(index); break;
            case PhysicalType.Int128: target.Data<Int128>()[position] = row.Get<Int128>(index); break;
            case PhysicalType.Real: target.Data<float>()[position] = row.Get<float>(index); break;
            case PhysicalType.Double: target.Data<double>()[position] = row.Get<double>(index); break;
            case PhysicalType.Numeric: target.Data<Numeric>()[position] = row.Get<Numeric>(index); break;
            case PhysicalType.String: target.Data<StringView>()[position] = target.Heap.Add(row.GetBytes(index)); break;
            case PhysicalType.Interval: target.Data<Interval>()[position] = row.Get<Interval>(index); break;
            case PhysicalType.Uuid: target.Data<UInt128>()[position] = row.Get<UInt128>(index); break;
            default: throw new UnreachableException();
        }
    }
}
