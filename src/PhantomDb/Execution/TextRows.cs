using System.Text;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>Rows of text that a command gives: SHOW, EXPLAIN.</summary>
internal static class TextRows
{
    public static ColumnarBuffer Collect(int columnCount, IEnumerable<IReadOnlyList<string>> rows, MemoryAccount memory)
    {
        PhysicalType[] types = new PhysicalType[columnCount];
        Array.Fill(types, PhysicalType.String);
        ColumnarBuffer buffer = new(types, memory);
        Vector[] values = [.. types.Select(type => new Vector(type))];
        foreach (IReadOnlyList<string> row in rows)
        {
            for (int i = 0; i < columnCount; i++)
            {
                values[i].Write<StringView>()[0] = values[i].Heap.Add(Encoding.UTF8.GetBytes(row[i]));
                values[i].SealStrings();
            }
            buffer.Append(values, null, 1);
        }
        return buffer;
    }
}
