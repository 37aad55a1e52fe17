using System.Globalization;
using System.Runtime.CompilerServices;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability.Recovery;

/// <summary>Reads row images, a cell for each column, from the log's records into chunks.</summary>
internal sealed class ImageParser(TableDefinition table)
{
    private readonly PhysicalType[] _types = [.. table.Columns.Select(c => c.Type.Physical)];
    private readonly TextInput[] _texts = [.. table.Columns.Select(c => new TextInput(c.Type, DateTimeClock.Fixed))];

    public DataChunk NewChunk()
    {
        var chunk = new DataChunk(_types);
        Clear(chunk);
        return chunk;
    }

    public static void Clear(DataChunk chunk)
    {
        foreach (Vector vector in chunk.Vectors)
        {
            vector.BeginWrite();
        }
    }

    /// <summary>Reads an image into a row of the chunk, to be looked at after <see cref="End"/>. What the table is to have then must fit it.</summary>
    [MethodImpl(HotLoop.Options)]
    public void Parse(LogRecordCursor record, int firstCell, DataChunk chunk, int position, bool isAfter)
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            if (!record.IsNull(firstCell + i))
            {
                _texts[i].Parse(record.Value(firstCell + i), chunk.Vectors[i], position);
            }
            else if (isAfter && table.Columns[i].IsNotNull)
            {
                throw new LogMismatch($"column \"{table.Columns[i].Name}\" of table \"{table.Name}\" is NULL where it must not be");
            }
            else
            {
                chunk.Vectors[i].SetNull(position);
            }
        }
    }

    /// <summary>Makes the strings that were read visible.</summary>
    public void End(DataChunk chunk)
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            _texts[i].End(chunk.Vectors[i]);
        }
    }

    public void EnsureCount(bool isRight, LogRecordCursor record)
    {
        if (!isRight)
        {
            throw new LogMismatch(string.Create(CultureInfo.InvariantCulture,
                $"the record has {record.Count} values, which does not fit the {_types.Length} columns of table \"{table.Name}\""));
        }
    }
}
