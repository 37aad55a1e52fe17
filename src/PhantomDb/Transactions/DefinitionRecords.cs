using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Transactions;

/// <summary>
/// Definitions as the log's records: what is different in the catalog after each step of a transaction. It knows no statements: whatever
/// they do, objects come, change or go. What the records say is specified in docs/file-formats.md.
/// </summary>
internal sealed class DefinitionRecords(DatabaseStorage storage, LogBatch batch)
{
    private readonly HashSet<int> _passing = [];

    public void Add(IReadOnlyList<DefinitionStep> steps, TableFates fates)
    {
        _passing.UnionWith(Passing(steps));
        foreach (DefinitionStep step in steps)
        {
            AddStep(step, fates);
        }
    }

    // Tables that the transaction has made and dropped again, and that nothing else referred to meanwhile: nobody will ever have seen them.
    private static IEnumerable<int> Passing(IReadOnlyList<DefinitionStep> steps) => steps.Skip(1)
        .SelectMany(step => step.Before.Tables.Where(table => step.After.Find(table.Oid) is null && steps[0].Before.Find(table.Oid) is null)).Select(table => table.Oid)
        .Where(oid => !steps.Any(step => step.After.TablesReferencing(oid).Any(table => table.Oid != oid) || step.After.ViewsOver(oid).Any() || step.After.SequencesOf(oid).Any()));

    // What others refer to comes first and goes last, and a sequence has left its owner before that is written without it.
    private void AddStep(DefinitionStep step, TableFates fates)
    {
        (DatabaseCatalog before, DatabaseCatalog after) = (step.Before, step.After);
        if (ReferenceEquals(before, after))
        {
            AddEmptied(step);
            AddMoved(step);
            return;
        }
        HashSet<int> touched = [];   // tables that got or lost a sequence
        foreach (SchemaDefinition schema in after.Schemas.Where(s => before.FindSchema(s.Name) != s))
        {
            Record(LogOperation.Schema, DefinitionText.Quote(schema.Name), Lines(step, writer => writer.WriteSchema(schema)));
        }
        AddRenames(before, after);
        foreach (SequenceDefinition sequence in Changed(before.Sequences, after.Sequences, s => s.Oid).OrderBy(s => s.Oid))
        {
            int oldOwner = before.Find(sequence.Oid) is SequenceDefinition old ? old.OwnerTableOid : 0;
            bool isNew = before.Find(sequence.Oid) is null;
            if (sequence.OwnerTableOid != oldOwner)
            {
                touched.UnionWith([oldOwner, sequence.OwnerTableOid]);
            }
            else if (before.Find(sequence.Oid) is SequenceDefinition same && same.OwnerColumnNumber != sequence.OwnerColumnNumber)
            {
                touched.Add(oldOwner);
            }
            if (sequence.OwnerTableOid == 0 || (!isNew && sequence.OwnerTableOid == oldOwner))
            {
                AddSequence(step, sequence);
            }
        }
        touched.UnionWith(before.Sequences.Where(s => s.OwnerTableOid != 0 && after.Find(s.Oid) is null).Select(s => s.OwnerTableOid));
        AddEmptied(step);
        foreach (TableDefinition table in after.Tables.Where(t => !_passing.Contains(t.Oid) && (touched.Contains(t.Oid) || !ReferenceEquals(before.Find(t.Oid), t))).OrderBy(t => t.Oid))
        {
            AddTable(step, before.Find(table.Oid) as TableDefinition, table, touched.Contains(table.Oid), fates);
        }
        AddMoved(step);
        foreach (ViewDefinition view in Changed(before.Views, after.Views, v => v.Oid).OrderBy(v => v.Oid))
        {
            Record(LogOperation.View, DefinitionText.NameOf(view.Schema, view.Name), Lines(step, writer => writer.WriteView(view)));
        }
        AddDrops(before, after);
    }

    private void AddRenames(DatabaseCatalog before, DatabaseCatalog after)
    {
        foreach (TableDefinition table in after.Tables.Where(t => !_passing.Contains(t.Oid)))
        {
            if (before.Find(table.Oid) is TableDefinition old)
            {
                AddRename("TABLE", DefinitionText.NameOf(old.Schema, old.Name), DefinitionText.NameOf(table.Schema, table.Name));
            }
        }
        foreach (SequenceDefinition sequence in after.Sequences)
        {
            if (before.Find(sequence.Oid) is SequenceDefinition old)
            {
                AddRename("SEQUENCE", DefinitionText.NameOf(old.Schema, old.Name), DefinitionText.NameOf(sequence.Schema, sequence.Name));
            }
        }
        foreach (ViewDefinition view in after.Views)
        {
            if (before.Find(view.Oid) is ViewDefinition old)
            {
                AddRename("VIEW", DefinitionText.NameOf(old.Schema, old.Name), DefinitionText.NameOf(view.Schema, view.Name));
            }
        }
    }

    private void AddRename(string kind, string old, string name)
    {
        if (old != name)
        {
            Record(LogOperation.Rename, old, Utf8(kind), Utf8(name));
        }
    }

    private void AddDrops(DatabaseCatalog before, DatabaseCatalog after)
    {
        foreach (ViewDefinition view in before.Views.Where(v => after.Find(v.Oid) is null).OrderByDescending(v => v.Oid))
        {
            Record(LogOperation.Drop, DefinitionText.NameOf(view.Schema, view.Name), "VIEW"u8.ToArray());
        }
        foreach (TableDefinition table in before.Tables.Where(t => after.Find(t.Oid) is null && !_passing.Contains(t.Oid)).OrderByDescending(t => t.Oid))
        {
            Record(LogOperation.Drop, DefinitionText.NameOf(table.Schema, table.Name), "TABLE"u8.ToArray());
        }
        foreach (SequenceDefinition sequence in before.Sequences.Where(s => s.OwnerTableOid == 0 && after.Find(s.Oid) is null))
        {
            Record(LogOperation.Drop, DefinitionText.NameOf(sequence.Schema, sequence.Name), "SEQUENCE"u8.ToArray());
        }
        foreach (SchemaDefinition schema in before.Schemas.Where(s => !after.HasSchema(s.Name)))
        {
            Record(LogOperation.Drop, DefinitionText.Quote(schema.Name), "SCHEMA"u8.ToArray());
        }
    }

    private void AddEmptied(DefinitionStep step)
    {
        foreach (TableChange change in step.Tables.Where(t => t.IsEmptied && !_passing.Contains(t.After.Definition.Oid)))
        {
            Record(LogOperation.Truncate, DefinitionText.NameOf(change.After.Definition.Schema, change.After.Definition.Name));
        }
    }

    private void AddMoved(DefinitionStep step)
    {
        foreach (int oid in step.MovedSequences)
        {
            if (step.After.Find(oid) is SequenceDefinition sequence && ReferenceEquals(step.Before.Find(oid), sequence))
            {
                AddSequence(step, sequence);
            }
        }
    }

    private void AddTable(DefinitionStep step, TableDefinition? old, TableDefinition table, bool isTouched, TableFates fates)
    {
        string name = DefinitionText.NameOf(table.Schema, table.Name);
        List<byte[]> lines = [.. Lines(step, writer => writer.WriteTable(table))];
        if (old is null)
        {
            Record(LogOperation.Table, name, lines);
            batch.Defines(table);
            return;
        }
        TableChange[] changes = [.. step.Tables.Where(t => t.After.Definition.Oid == table.Oid && !t.IsEmptied)];
        if (changes.Any(fates.RewrittenSteps.Contains))
        {
            Record(LogOperation.Truncate, name);
        }
        bool isSame = true;
        string[] sources = new string[table.Columns.Count];
        for (int i = 0; i < sources.Length; i++)
        {
            ColumnDefinition column = table.Columns[i];
            int place = old.IndexOfNumber(column.Number);
            string? constant = null;
            bool isMade = place < 0;
            foreach (TableChange change in changes)
            {
                if (change.Constants is { } constants && Array.IndexOf(constants.Columns, column.Number) is >= 0 and int at)
                {
                    isMade = true;
                    constant = constants.IsNull(at) ? null : Text(column.Type, constants, at);
                }
                isMade |= change.Computed.Contains(column.Number);
            }
            sources[i] = isMade ? (constant is null ? "" : $"={constant}") : DefinitionText.Quote(old.Columns[place].Name);
            isSame &= !isMade && place == i;
        }
        if (!isSame || isTouched || !SameLines(lines, [.. new DefinitionLines(step.Before, SequencesOf(step)).Of(writer => writer.WriteTable(old))]))
        {
            lines.Add(DefinitionWriter.Line("FROM:", sources));
            Record(LogOperation.Alter, name, lines);
        }
    }

    private static bool SameLines(List<byte[]> left, List<byte[]> right) =>
        left.Count == right.Count && left.Zip(right).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    private void AddSequence(DefinitionStep step, SequenceDefinition sequence) => Record(LogOperation.Sequence,
        DefinitionText.NameOf(sequence.Schema, sequence.Name),
        Lines(step, writer => writer.WriteSequence(sequence, step.After.Find(sequence.OwnerTableOid) as TableDefinition)));

    private static IEnumerable<T> Changed<T>(IEnumerable<T> before, IEnumerable<T> after, Func<T, int> oid)
        where T : class
    {
        Dictionary<int, T> old = before.ToDictionary(oid);
        return after.Where(item => !ReferenceEquals(old.GetValueOrDefault(oid(item)), item));
    }

    private static string Text(SqlType type, RowBuffer values, int at)
    {
        var chunk = new DataChunk([type.Physical]);
        var one = new RowBuffer([values.Columns[at]]);
        one.SetRaw(0, values.Raw(at), false, values.BlocksOf(at));
        RowBuffer.Clear(chunk);
        one.AppendTo(chunk);
        var output = new TextOutput(type, SessionTimeZone.Utc);
        byte[] text = new byte[output.LengthMax(chunk.Vectors[0], 0)];
        return Encoding.UTF8.GetString(text, 0, output.Format(chunk.Vectors[0], 0, text));
    }

    private Dictionary<int, SequenceStore> SequencesOf(DefinitionStep step)
    {
        var sequences = new Dictionary<int, SequenceStore>(storage.Sequences);
        foreach ((int oid, SequenceStore own) in step.Sequences)
        {
            sequences[oid] = own;
        }
        return sequences;
    }

    private List<byte[]> Lines(DefinitionStep step, Action<DefinitionWriter> write) => new DefinitionLines(step.After, SequencesOf(step)).Of(write);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>What becomes visible without any effect needs a number too.</summary>
    public void AddNothing() => Record("PHANTOMDB_COMMIT"u8, "");

    private void Record(LogOperation operation, string name, params IReadOnlyList<byte[]> values) => Record(LogOperationNames.Utf8(operation), name, values);

    private void Record(ReadOnlySpan<byte> operation, string name, params IReadOnlyList<byte[]> values)
    {
        batch.Begin(operation, Utf8(name));
        foreach (byte[] value in values)
        {
            batch.Cell(value);
        }
        batch.End();
    }
}
