using System.Globalization;

namespace PhantomDb.Execution.Settings;

/// <summary>
/// The unit of a setting's number, and the units that it may be given in: '1.5s' is 1500 ms; 4096 kB prints as 4MB.
/// </summary>
internal sealed class SettingUnit
{
    public static readonly SettingUnit Milliseconds = new("ms", ("us", 0.001), ("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000));
    public static readonly SettingUnit Kilobytes = new("kB", ("B", 1.0 / 1024), ("kB", 1), ("MB", 1024), ("GB", 1024 * 1024), ("TB", 1024.0 * 1024 * 1024));
    public static readonly SettingUnit Bytes = new("B", ("B", 1), ("kB", 1024), ("MB", 1 << 20), ("GB", 1 << 30), ("TB", 1L << 40));
    public static readonly SettingUnit None = new("");

    private readonly (string Name, double Factor)[] _units;   // from the smallest up

    private SettingUnit(string name, params (string Name, double Factor)[] units)
    {
        Name = name;
        _units = units;
    }

    public string Name { get; }

    /// <summary>For the error of a value with another unit.</summary>
    public string? Hint => _units.Length == 0 ? null
        : $"Valid units for this parameter are {string.Join(", ", _units[..^1].Select(u => $"\"{u.Name}\""))}, and \"{_units[^1].Name}\".";

    /// <summary>Reads a number with or without a unit, rounded to whole base units; false where it is neither.</summary>
    public bool TryParse(string text, out double value)
    {
        text = text.Trim();
        int end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' || (end == 0 && text[end] is '+' or '-')))
        {
            end++;
        }
        string unit = text[end..].Trim();
        double factor = unit.Length == 0 ? 1 : _units.FirstOrDefault(u => u.Name == unit).Factor;
        if (factor == 0 || !double.TryParse(text.AsSpan(0, end), NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
        {
            value = 0;
            return false;
        }
        value = Math.Round(number * factor, MidpointRounding.ToEven);
        return true;
    }

    /// <summary>In the largest unit that gives a whole number; zero and negative numbers have none.</summary>
    public string Print(long value)
    {
        string number(long n) => n.ToString(CultureInfo.InvariantCulture);
        if (value <= 0)
        {
            return number(value);
        }
        for (int i = _units.Length - 1; i >= 0 && _units[i].Factor >= 1; i--)
        {
            long factor = (long)_units[i].Factor;
            if (value % factor == 0)
            {
                return number(value / factor) + _units[i].Name;
            }
        }
        return number(value);
    }
}
