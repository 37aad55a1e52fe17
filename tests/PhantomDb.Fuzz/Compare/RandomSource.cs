namespace PhantomDb.Fuzz.Compare;

/// <summary>Random choices and values. Values are few for a type, so that rows share them, and each has one text only.</summary>
internal sealed class RandomSource(int seed)
{
    private static readonly string[] Texts =
        ["", "a", "ab", "abc", "abd", "abz", "ab%", "ab_c", @"a\b", "b", "ba", "B", "Ä", "ä", "äb", "日本", "日本語", "z ", "long text of more than twelve bytes", "long text of more than twelve bytez", "it's"];

    private static readonly string[] Patterns =
        ["a%", "ab%", "ab\\%%", "ab\\_%", "%b", "_b%", "a_", "", "%", "ä%", "日%", "long text%", "ab", "a\\\\%", "b%a", "z _", "long text of more than twelve bytes%"];

    private static readonly string[] Numerics = ["0", "1.5", "-2.25", "100", "0.75", "3", "12.5", "-0.01", "99.99", "7"];
    private static readonly string[] Times = ["00:00:00", "12:30:00", "23:59:59.5"];
    private static readonly string[] Zones = ["+00", "+02", "-05"];

    private readonly Random _random = new(seed);

    public int Next(int end) => _random.Next(end);

    public int Next(int from, int end) => _random.Next(from, end);

    /// <summary>True in one of <paramref name="n"/> cases.</summary>
    public bool Chance(int n) => _random.Next(n) == 0;

    public T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    public List<T> Some<T>(IReadOnlyList<T> items, int count)
    {
        List<T> left = [.. items];
        List<T> picked = [];
        while (picked.Count < count && left.Count > 0)
        {
            int i = _random.Next(left.Count);
            picked.Add(left[i]);
            left.RemoveAt(i);
        }
        return picked;
    }

    /// <summary>A value as the text that the type reads.</summary>
    public string Value(string type) => type switch
    {
        "int2" or "int4" => Next(-3, 15).ToString(System.Globalization.CultureInfo.InvariantCulture),
        "int8" => Chance(5) ? Pick(["10000000000", "-10000000000"]) : Next(-3, 15).ToString(System.Globalization.CultureInfo.InvariantCulture),
        "numeric" => Pick(Numerics),
        "float8" => Pick(["0", "1.5", "-2.25", "100", "0.125", "1e+100"]),
        "bool" => Pick(["true", "false"]),
        "date" => $"2024-0{Next(1, 4)}-1{Next(0, 5)}",
        "timestamp" => $"2024-02-1{Next(0, 4)} {Pick(Times)}",
        "timestamptz" => $"2024-02-1{Next(0, 4)} {Pick(Times)}{Pick(Zones)}",
        "uuid" => $"00000000-0000-0000-0000-00000000000{Next(0, 9)}",
        "varchar" => Pick(Texts[..16]),
        "bpchar" => Pick(Texts[..16]).Trim(),
        _ => Pick(Texts),
    };

    public string Pattern() => Pick(Patterns);
}
