using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PhantomDb.Benchmarks.Tpch;

/// <summary>
/// Checks of the generator that need no database: the bytes do not depend on how the work is cut, and what the queries look for
/// occurs about as often as the specification's rules say.
/// </summary>
internal static class TpchSelfCheck
{
    private const long UnitsMax = 20_000;

    // The first 2,000 units of each table at scale factor 1. A change of the generator changes the data set: new figures here then, and
    // a new version in the folder's name (TpchFiles.DefaultFolder).
    private const string ExpectedHash = "0f37f160fb3a52b4";

    public static bool Run(double scaleFactor, TextWriter output)
    {
        bool succeeded = true;
        var generator = new TpchGenerator(scaleFactor);
        foreach (TpchTable table in Enum.GetValues<TpchTable>())
        {
            long unitCount = Math.Min(generator.UnitCount(table), UnitsMax);
            byte[] whole = Bytes(generator, table, unitCount, unitCount);
            bool same = whole.AsSpan().SequenceEqual(Bytes(new TpchGenerator(scaleFactor), table, unitCount, 977));
            Report(same, $"{TpchFiles.NameOf(table)}: {unitCount} units, whole and in pieces of 977, {whole.Length} bytes");
        }

        var orders = new RowBuffer();
        var lineItems = new RowBuffer();
        long orderCount = Math.Min(generator.OrderCount, UnitsMax);
        generator.WriteOrders(0, orderCount, orders, lineItems);
        Report(
            orders.Written.SequenceEqual(Bytes(generator, TpchTable.Orders, orderCount, orderCount)) &&
            lineItems.Written.SequenceEqual(Bytes(generator, TpchTable.LineItem, orderCount, orderCount)),
            "orders and lineitem made together are those made alone");

        string hash = HashAtScaleOne();
        Report(hash == ExpectedHash, $"the first rows at scale factor 1 are those of this version ({hash})");
        Report(TpchWords.Colours.Distinct(ByteArrayComparer.Instance).Count() == 92, "92 colours");
        Report(TpchWords.Types.Length == 150 && TpchWords.Containers.Length == 40, "150 types, 40 containers");
        CheckShares();
        return succeeded;

        void CheckShares()
        {
            var small = new TpchGenerator(0.1);
            List<string[]> part = Rows(small, TpchTable.Part, 20_000);
            List<string[]> order = Rows(small, TpchTable.Orders, 50_000);
            List<string[]> line = Rows(small, TpchTable.LineItem, 50_000);
            List<string[]> supplier = Rows(new TpchGenerator(1), TpchTable.Supplier, 10_000);
            Share("parts of brass", part, row => row[4].EndsWith("BRASS"), 1 / 5.0);
            Share("parts that are green", part, row => row[1].Contains("green"), 5 / 92.0);
            Share("parts that start with forest", part, row => row[1].StartsWith("forest"), 1 / 92.0);
            Share("parts of Brand#23 in MED BOX", part, row => row[3] == "Brand#23" && row[6] == "MED BOX", 1 / 1000.0, tolerance: 0.6);
            Share("orders of no customer without orders", order, row => int.Parse(row[1], CultureInfo.InvariantCulture) % 3 != 0, 1);
            Share("orders with special requests", order, row => Contains(row[8], "special", "requests"), 0.011, tolerance: 0.35);
            Share("orders that are partly shipped", order, row => row[2] == "P", 0.0255, tolerance: 0.15);
            Share("lines returned", line, row => row[8] == "R", 0.2466);
            Share("lines open", line, row => row[9] == "O", 0.5);
            Share("suppliers with complaints", supplier, row => Contains(row[6], "Customer", "Complaints"), 5 / 10_000.0, tolerance: 0);
            Share("suppliers with recommendations", supplier, row => Contains(row[6], "Customer", "Recommends"), 5 / 10_000.0, tolerance: 0);
            double linesPerOrder = (double)line.Count / order.Count;
            Report(Math.Abs(linesPerOrder - 4) < 0.05, string.Create(CultureInfo.InvariantCulture, $"{linesPerOrder:0.000} lines an order"));
        }

        void Share(string what, List<string[]> rows, Func<string[], bool> predicate, double expected, double tolerance = 0.1)
        {
            double share = (double)rows.Count(predicate) / rows.Count;
            Report(
                Math.Abs(share - expected) <= tolerance * expected + 1e-12,
                string.Create(CultureInfo.InvariantCulture, $"{what}: {share:0.00000}, about {expected:0.00000} expected"));
        }

        void Report(bool good, string text)
        {
            succeeded &= good;
            output.WriteLine($"{(good ? "ok   " : "WRONG")} {text}");
        }
    }

    private static bool Contains(string text, string first, string second) =>
        text.IndexOf(first, StringComparison.Ordinal) is var place && place >= 0 &&
        text.IndexOf(second, place + first.Length, StringComparison.Ordinal) >= 0;

    private static List<string[]> Rows(TpchGenerator generator, TpchTable table, long unitCount) =>
    [
        .. Encoding.UTF8.GetString(Bytes(generator, table, Math.Min(unitCount, generator.UnitCount(table)), unitCount))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|')),
    ];

    private static byte[] Bytes(TpchGenerator generator, TpchTable table, long unitCount, long pieceSize)
    {
        var bytes = new List<byte>();
        var buffer = new RowBuffer();
        for (long first = 0; first < unitCount; first += pieceSize)
        {
            buffer.Clear();
            generator.Write(table, first, Math.Min(first + pieceSize, unitCount), buffer);
            bytes.AddRange(buffer.Written);
        }

        return [.. bytes];
    }

    private static string HashAtScaleOne()
    {
        var generator = new TpchGenerator(1);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TpchTable table in Enum.GetValues<TpchTable>())
        {
            hash.AppendData(Bytes(generator, table, Math.Min(generator.UnitCount(table), 2_000), 2_000));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private sealed class ByteArrayComparer : IEqualityComparer<byte[]>
    {
        public static readonly ByteArrayComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] value) => value.Length;
    }
}
