using System.Buffers;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>Keys in chunks that have just the key's columns: their types, their NULLs, their text for errors.</summary>
internal static class KeyText
{
    /// <summary>Types of some columns, by storage number.</summary>
    public static PhysicalType[] TypesOf(TableDefinition table, IReadOnlyList<int> numbers) =>
        [.. numbers.Select(n => table.Columns[table.IndexOfNumber(n)].Type.Physical)];

    public static bool HasNull(DataChunk keys, int position)
    {
        foreach (Vector vector in keys.Vectors)
        {
            if (!vector.IsValid(position))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Makes strings that were appended to a chunk visible.</summary>
    public static void Seal(DataChunk chunk)
    {
        foreach (Vector vector in chunk.Vectors)
        {
            if (vector.DeclaredType == PhysicalType.String)
            {
                vector.SealStrings();
            }
        }
    }

    /// <summary>"Key (a, b)=(1, x)".</summary>
    public static string Describe(TableDefinition table, IReadOnlyList<int> numbers, DataChunk keys, int position, StatementScope scope)
    {
        ArrayBufferWriter<byte> text = new();
        for (int i = 0; i < numbers.Count; i++)
        {
            if (i > 0)
            {
                text.Write(", "u8);
            }
            Vector vector = keys.Vectors[i];
            if (!vector.IsValid(position))
            {
                text.Write("null"u8);
                continue;
            }
            new TextOutput(table.Columns[table.IndexOfNumber(numbers[i])].Type, scope.Statement).Write(vector, vector.PositionOf(position), text);
        }
        string names = string.Join(", ", numbers.Select(n => table.Columns[table.IndexOfNumber(n)].Name));
        return $"Key ({names})=({Encoding.UTF8.GetString(text.WrittenSpan)})";
    }
}
