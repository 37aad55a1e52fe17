using System.Buffers;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>Keys in chunks that have just the key's columns: their types, their NULLs, their text for errors.</summary>
internal static class KeyText
{
    /// <summary>Types of some columns, by storage number.</summary>
    public static PhysicalType[] TypesOf(TableDefinition table, IReadOnlyList<int> numbers) =>
        [.. numbers.Select(n => table.TypeOf(n).Physical)];

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

    /// <summary>
    /// An error about a unique key, with the key: storage knows the row that is in the way, here it is made into text. Where that row
    /// is gone by now, <paramref name="otherwise"/> is asked: table and index.
    /// </summary>
    public static PhantomDbException WithKey(PhantomDbException failure, StatementScope scope, Func<TableDefinition, IndexDefinition, string?>? otherwise = null)
    {
        TableDefinition? table = scope.Catalog.FindTable(failure.SchemaName ?? "", failure.TableName ?? "");
        IndexDefinition? index = table?.Indexes.FirstOrDefault(i => i.Name == failure.ConstraintName);
        if (table is null || index is null)
        {
            return failure;
        }
        string? key = ExistingKey(table, index, failure.ConflictingRowId, scope) ?? otherwise?.Invoke(table, index);
        return key is null ? failure : new PhantomDbException(failure.SqlState, failure.Message)
        {
            Detail = $"{key} already exists.",
            SchemaName = failure.SchemaName, TableName = failure.TableName, ConstraintName = failure.ConstraintName,
            ChunkPosition = failure.ChunkPosition,
        };
    }

    private static string? ExistingKey(TableDefinition table, IndexDefinition index, long rowId, StatementScope scope)
    {
        int[] numbers = [.. index.Columns.Select(c => c.ColumnNumber)];
        RowBuffer row = new(numbers);
        if (!scope.Tables[table.Oid].TryReadLatest(rowId, row))
        {
            return null;
        }
        DataChunk key = new(TypesOf(table, numbers));
        RowBuffer.Clear(key);
        row.AppendTo(key);
        return Describe(table, numbers, key, 0, scope, index);
    }

    /// <summary>"Key (a, b)=(1, x)"; with the index where some are its expressions.</summary>
    public static string Describe(TableDefinition table, IReadOnlyList<int> numbers, DataChunk keys, int position, StatementScope scope, IndexDefinition? index = null)
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
            new TextOutput(table.TypeOf(numbers[i]), scope.Statement).Write(vector, vector.PositionOf(position), text);
        }
        string names = string.Join(", ", numbers.Select((n, i) => table.IndexOfNumber(n) is >= 0 and int place ? table.Columns[place].Name
            : scope.Statement.Definitions?.IndexDefinition(index!.Oid, i + 1, isPretty: true) ?? Written(table.FindExpression(n)!)));
        return $"Key ({names})=({Encoding.UTF8.GetString(text.WrittenSpan)})";
    }

    // Of an index that is just being made: as it is written, in parentheses unless it is a function's call.
    private static string Written(IndexExpression expression)
    {
        int parenthesis = expression.Text.IndexOf('(', StringComparison.Ordinal);
        bool isCall = parenthesis > 0 && expression.Text.EndsWith(')') && !expression.Text.AsSpan(0, parenthesis).Contains(' ');
        return isCall ? expression.Text : $"({expression.Text})";
    }
}
