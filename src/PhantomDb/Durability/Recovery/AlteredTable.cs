using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// A new definition of a table that has rows. Storage numbers stay with the columns that stay, oids with the indexes that do: storage shares
/// them, and others refer to them.
/// <code>
/// id 0, name 1, index 17 (name)   +   COLUMNS:age,name  INDEX:(name)  FROM:=18,name   ->   age 2, name 1, index 17 (name); all rows: age 18
/// </code>
/// </summary>
internal static class AlteredTable
{
    /// <param name="built">The definition, with numbers and oids as a new table has them.</param>
    /// <param name="old">What the table was.</param>
    /// <param name="sources">For each column.</param>
    public static TableDefinition Of(TableDefinition built, TableDefinition old, IReadOnlyList<ColumnSource> sources)
    {
        (int[] numbers, int next) = Numbers(built, old, sources);
        Dictionary<int, int> oids = [];
        List<IndexDefinition> free = [.. old.Indexes], indexes = [];
        foreach (IndexDefinition index in built.Indexes)
        {
            IndexDefinition moved = Renumbered(index, numbers);
            IndexDefinition? same = free.Find(i => i.Name == moved.Name && HasSameKeys(i, moved)) ?? free.Find(i => HasSameKeys(i, moved));
            if (same is not null)
            {
                free.Remove(same);
                moved = moved with { Oid = same.Oid };
            }
            oids[index.Oid] = moved.Oid;
            indexes.Add(moved);
        }
        return built with
        {
            Version = old.Version + 1,
            NextColumnNumber = next,
            Columns = [.. built.Columns.Select((c, i) => c with { Number = numbers[i] })],
            Indexes = indexes,
            Constraints = [.. built.Constraints.Select(c => c with
            {
                Columns = [.. c.Columns.Select(n => numbers[n])], IndexOid = oids.GetValueOrDefault(c.IndexOid),
            })],
        };
    }

    /// <summary>What all rows have in the columns that come from a constant; null where none does.</summary>
    public static RowBuffer? Constants(TableDefinition table, IReadOnlyList<ColumnSource> sources)
    {
        (ColumnDefinition Column, string Text)[] added =
            [.. table.Columns.Zip(sources).Where(c => c.Second.Constant is not null).Select(c => (c.First, c.Second.Constant!))];
        if (added.Length == 0)
        {
            return null;
        }
        var values = new RowBuffer([.. added.Select(a => a.Column.Number)]);
        for (int i = 0; i < added.Length; i++)
        {
            SqlType type = added[i].Column.Type;
            var text = new TextInput(type, DateTimeClock.Fixed);
            var vector = new Vector(type.Physical);
            vector.BeginWrite();
            text.Parse(Encoding.UTF8.GetBytes(added[i].Text), vector, 0);
            text.End(vector);
            values.SetFrom(i, vector, 0);
        }
        return values;
    }

    private static (int[] Numbers, int Next) Numbers(TableDefinition built, TableDefinition old, IReadOnlyList<ColumnSource> sources)
    {
        int next = old.NextColumnNumber;
        int[] numbers = new int[built.Columns.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            ColumnSource source = sources[i];
            if (source.OldName is null)
            {
                numbers[i] = next++;
                continue;
            }
            int place = old.IndexOf(source.OldName);
            if (place < 0 || old.Columns[place].Type.Physical != built.Columns[i].Type.Physical)
            {
                throw new FormatException($"column \"{source.OldName}\", from which a column comes, does not exist or has another type");
            }
            numbers[i] = old.Columns[place].Number;
        }
        return numbers.Distinct().Count() == numbers.Length ? (numbers, next) : throw new FormatException("two columns come from the same one");
    }

    private static IndexDefinition Renumbered(IndexDefinition index, int[] numbers) => index with
    {
        Columns = [.. index.Columns.Select(c => c with { ColumnNumber = numbers[c.ColumnNumber] })],
        Included = [.. index.Included.Select(n => numbers[n])],
    };

    private static bool HasSameKeys(IndexDefinition left, IndexDefinition right) =>
        left.IsUnique == right.IsUnique && left.NullsEqual == right.NullsEqual && left.IsDeferrable == right.IsDeferrable
        && left.IsConstraint == right.IsConstraint && left.Columns.SequenceEqual(right.Columns);
}
