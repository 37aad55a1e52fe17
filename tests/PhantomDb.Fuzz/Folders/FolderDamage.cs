using System.Globalization;
using PhantomDb.Durability.Log;

namespace PhantomDb.Fuzz.Folders;

/// <summary>A folder in which something was damaged, and what.</summary>
internal readonly record struct DamagedFolder(string What, IReadOnlyDictionary<string, byte[]> Files);

/// <summary>Every damage of a kind to a <see cref="SampleFolder"/>, one after the other.</summary>
internal sealed class FolderDamage(SampleFolder sample)
{
    private static readonly byte[] Values = [0, 0xFF, (byte)'\n', (byte)'"', (byte)','];

    /// <summary>T3: each file cut to each length, and taken away.</summary>
    public IEnumerable<DamagedFolder> Truncations(string path)
    {
        byte[] whole = sample.Files[path];
        yield return new DamagedFolder($"{path} is missing", Without(path));
        foreach (int length in Places(whole))
        {
            yield return With(path, whole[..length], $"{path} cut to {length} bytes");
        }
    }

    /// <summary>T4: each bit flipped, each byte set to what means something to a reader.</summary>
    /// <param name="step">Of so many bytes one, the first <paramref name="first"/>.</param>
    public IEnumerable<DamagedFolder> Bytes(string path, int step = 1, int first = 0)
    {
        byte[] whole = sample.Files[path];
        foreach (int at in Places(whole).Where(at => at % step == first))
        {
            foreach (byte value in Enumerable.Range(0, 8).Select(bit => (byte)(whole[at] ^ (1 << bit))).Concat(Values.Where(value => value != whole[at])).Distinct())
            {
                byte[] damaged = [.. whole];
                damaged[at] = value;
                yield return With(path, damaged, $"{path}: byte {at} is {value}");
            }
        }
    }

    /// <summary>T4: blocks zeroed, swapped, and as an older file had them.</summary>
    public IEnumerable<DamagedFolder> Blocks(string path)
    {
        byte[] whole = sample.Files[path];
        byte[][] others = [.. sample.Older.Where(older => older.Key == path).Select(older => older.Value), .. sample.Files.Values.Where(file => file != whole)];
        foreach (int size in new[] { 16, 64, 512 })
        {
            foreach (int at in Places(whole).Where(at => at % size == 0))
            {
                int end = Math.Min(at + size, whole.Length);
                byte[] zeroed = [.. whole];
                zeroed.AsSpan(at..end).Clear();
                yield return With(path, zeroed, $"{path}: {size} bytes at {at} zeroed");
                for (int i = 0; i < others.Length; i++)
                {
                    if (end <= others[i].Length && !others[i].AsSpan(at..end).SequenceEqual(whole.AsSpan(at..end)))
                    {
                        byte[] stale = [.. whole];
                        others[i].AsSpan(at..end).CopyTo(stale.AsSpan(at));
                        yield return With(path, stale, $"{path}: {size} bytes at {at} of file {i}");
                    }
                }
                if (end + size <= whole.Length)
                {
                    yield return With(path, [.. whole[..at], .. whole[end..(end + size)], .. whole[at..end], .. whole[(end + size)..]], $"{path}: {size} bytes at {at} and {end} swapped");
                }
            }
        }
    }

    /// <summary>T5: lines lost, repeated, swapped, moved to the end.</summary>
    public IEnumerable<DamagedFolder> Lines(string path)
    {
        List<byte[]> lines = LinesOf(sample.Files[path]);
        for (int i = 0; i < lines.Count; i++)
        {
            yield return With(path, Join([.. lines[..i], .. lines[(i + 1)..]]), $"{path}: line {i + 1} lost");
            yield return With(path, Join([.. lines[..i], lines[i], .. lines[i..]]), $"{path}: line {i + 1} repeated");
            yield return With(path, Join([.. lines[..i], .. lines[(i + 1)..], lines[i]]), $"{path}: line {i + 1} moved to the end");
            yield return With(path, Join([.. lines, lines[i]]), $"{path}: line {i + 1} again at the end");
            for (int k = i + 1; k < lines.Count; k++)
            {
                if (!lines[i].AsSpan().SequenceEqual(lines[k]))
                {
                    yield return With(path, Join([.. lines[..i], lines[k], .. lines[(i + 1)..k], lines[i], .. lines[(k + 1)..]]), $"{path}: lines {i + 1} and {k + 1} swapped");
                }
            }
        }
    }

    /// <summary>T5: files under other names, of another database, of another time, and any of them missing.</summary>
    public IEnumerable<DamagedFolder> Mixtures(SampleFolder foreign)
    {
        string[] paths = [.. sample.Files.Keys.Order(StringComparer.Ordinal)];
        for (int missing = 1; missing < (1 << paths.Length) - 1; missing++)
        {
            string[] gone = [.. paths.Where((_, i) => (missing & (1 << i)) != 0)];
            yield return new DamagedFolder($"missing: {string.Join(", ", gone)}", sample.Files.Where(file => !gone.Contains(file.Key)).ToDictionary());
        }
        foreach (string path in paths)
        {
            foreach (string other in paths.Where(other => other != path))
            {
                yield return With(path, sample.Files[other], $"{path} is a copy of {other}");
            }
            if (sample.Older.TryGetValue(path, out byte[]? older))
            {
                yield return With(path, older, $"{path} as it was earlier");
            }
        }
        string[] names = [.. paths, SampleFolder.Folder + "/" + new LogSegmentName("shop", new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc), 99), SampleFolder.Folder + "/shop_snapshot_20300101_000000"];
        foreach ((string path, byte[] bytes) in foreign.Files)
        {
            foreach (string name in names)
            {
                yield return With(name, bytes, $"{name} is {path} of another database");
            }
        }
        foreach ((string path, byte[] bytes) in sample.Older.Concat(sample.Files))
        {
            foreach (string name in names[^2..])
            {
                yield return With(name, bytes, string.Create(CultureInfo.InvariantCulture, $"{name} is {path} of {bytes.Length} bytes"));
            }
        }
    }

    public static List<byte[]> LinesOf(byte[] bytes)
    {
        List<byte[]> lines = [];
        int last = WithoutReserve(bytes).Length;
        for (int from = 0; from < bytes.Length;)
        {
            int length = bytes.AsSpan(from).IndexOf((byte)'\n') + 1;
            length = length == 0 ? bytes.Length - from : length;
            length = from == last ? bytes.Length - from : length;   // what was reserved is one line more
            lines.Add(bytes[from..(from + length)]);
            from += length;
        }
        return lines;
    }

    /// <summary>A file up to the end of its last line.</summary>
    public static byte[] WithoutReserve(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return bytes[..(int)LogReserve.LengthWithout(stream)];
    }

    // One byte of what was reserved is as the other: the first of them and the last do.
    private static IEnumerable<int> Places(byte[] whole)
    {
        const int FirstReserved = 32;
        int end = Math.Min(WithoutReserve(whole).Length + FirstReserved, whole.Length);
        return end == whole.Length ? Enumerable.Range(0, end) : Enumerable.Range(0, end).Append(whole.Length - 1);
    }

    public static byte[] Join(IEnumerable<byte[]> lines) => [.. lines.SelectMany(line => line)];

    private DamagedFolder With(string path, byte[] bytes, string what) => new(what, new Dictionary<string, byte[]>(sample.Files) { [path] = bytes });

    private Dictionary<string, byte[]> Without(string path) => sample.Files.Where(file => file.Key != path).ToDictionary();
}
