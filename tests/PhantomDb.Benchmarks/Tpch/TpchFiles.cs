using System.Globalization;

namespace PhantomDb.Benchmarks.Tpch;

/// <summary>
/// The data set as files, one a table: fields separated by '|', none at the end of the line, no quotes needed. Files are made in parallel
/// pieces that are written in order, and get their name only when whole: what is there is used again.
/// </summary>
internal sealed class TpchFiles
{
    private const int UnitsPerPiece = 8_192;

    private TpchFiles(string folder) => Folder = folder;

    public string Folder { get; }

    public string PathOf(TpchTable table) => Path.Combine(Folder, NameOf(table) + ".tbl");

    public static string NameOf(TpchTable table) => table.ToString().ToLowerInvariant();

    public static string DefaultFolder(double scaleFactor) => Path.Combine(
        Path.GetTempPath(), "phantomdb-benchmarks", "tpch-v1-sf" + scaleFactor.ToString(CultureInfo.InvariantCulture));

    /// <summary>The files of a scale factor in <paramref name="folder"/>; those that are missing are made.</summary>
    public static TpchFiles Ensure(double scaleFactor, string? folder, TextWriter log)
    {
        var files = new TpchFiles(folder ?? DefaultFolder(scaleFactor));
        if (Enum.GetValues<TpchTable>().All(table => File.Exists(files.PathOf(table))))
        {
            return files;
        }

        log.WriteLine($"making TPC-H data at scale factor {scaleFactor.ToString(CultureInfo.InvariantCulture)} in {files.Folder}");
        Directory.CreateDirectory(files.Folder);
        var generator = new TpchGenerator(scaleFactor);
        foreach (TpchTable table in Enum.GetValues<TpchTable>())
        {
            if (table is not (TpchTable.Orders or TpchTable.LineItem))
            {
                files.WriteTables([table], generator.UnitCount(table), (first, end, buffers) => generator.Write(table, first, end, buffers[0]));
            }
        }

        files.WriteTables(
            [TpchTable.Orders, TpchTable.LineItem],
            generator.OrderCount,
            (first, end, buffers) => generator.WriteOrders(first, end, buffers[0], buffers[1]));
        return files;
    }

    private void WriteTables(TpchTable[] tables, long unitCount, Action<long, long, RowBuffer[]> write)
    {
        FileStream[] outputs = [.. tables.Select(table => new FileStream(PathOf(table) + ".part", FileMode.Create, FileAccess.Write, FileShare.None, 0))];
        int pieceCount = (int)((unitCount + UnitsPerPiece - 1) / UnitsPerPiece);
        int waveSize = Environment.ProcessorCount * 2;
        RowBuffer[][] wave = [.. Enumerable.Range(0, waveSize).Select(_ => tables.Select(_ => new RowBuffer()).ToArray())];
        for (int waveStart = 0; waveStart < pieceCount; waveStart += waveSize)
        {
            int count = Math.Min(waveSize, pieceCount - waveStart);
            Parallel.For(0, count, i =>
            {
                long first = (long)(waveStart + i) * UnitsPerPiece;
                Array.ForEach(wave[i], buffer => buffer.Clear());
                write(first, Math.Min(first + UnitsPerPiece, unitCount), wave[i]);
            });
            for (int i = 0; i < count; i++)
            {
                for (int table = 0; table < tables.Length; table++)
                {
                    outputs[table].Write(wave[i][table].Written);
                }
            }
        }

        for (int table = 0; table < tables.Length; table++)
        {
            outputs[table].Dispose();
            File.Move(PathOf(tables[table]) + ".part", PathOf(tables[table]), overwrite: true);
        }
    }
}
