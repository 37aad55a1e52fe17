using System.Globalization;
using System.Text.RegularExpressions;

namespace PhantomDb.Shell.Commands;

/// <summary>The types that all values of a column so far have; the narrowest is taken. A text that its type would not give back as it is, such as 007 or +49, is a text.</summary>
internal sealed partial class ColumnGuess
{
    private const int NumericDigits = 38;   // of the type numeric
    private const int DoubleDigits = 17;    // more are rounded away

    private static readonly string[] TimestampFormats =
        ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm:ss.FFFFFF"];

    private static readonly string[] TimeFormats = ["HH:mm", "HH:mm:ss", "HH:mm:ss.FFFFFF"];

    private bool _hasValues;
    private bool _isInteger = true;
    private bool _isNumeric = true;
    private bool _isDouble = true;
    private bool _isDate = true;
    private bool _isTimestamp = true;
    private bool _isTime = true;
    private bool _isUuid = true;
    private bool _isBoolean = true;

    public string TypeName => !_hasValues ? "text"
        : _isInteger ? "bigint"
        : _isNumeric ? "numeric"
        : _isDouble ? "double precision"
        : _isBoolean ? "boolean"
        : _isDate ? "date"
        : _isTimestamp ? "timestamp"
        : _isTime ? "time"
        : _isUuid ? "uuid"
        : "text";

    public void Add(string? value)
    {
        if (value is null)
        {
            return;
        }
        _hasValues = true;
        bool isGivenBack = value.TrimStart('-') is not (['0', not '.', ..] or ['+', ..]);
        _isInteger = _isInteger && isGivenBack && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
        _isNumeric = _isNumeric && isGivenBack && Numeric().Match(value) is { Success: true } number && number.Groups["digits"].Captures.Sum(digits => digits.Length) <= NumericDigits;
        _isDouble = _isDouble && isGivenBack && IsDouble(value);
        _isDate = _isDate && DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
        _isTimestamp = _isTimestamp && (_isDate || DateTime.TryParseExact(value, TimestampFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out _));
        _isTime = _isTime && TimeOnly.TryParseExact(value, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
        _isUuid = _isUuid && Guid.TryParseExact(value, "D", out _);
        _isBoolean = _isBoolean && value is "t" or "f" or "true" or "false" or "TRUE" or "FALSE" or "True" or "False";
    }

    private static bool IsDouble(string value) =>
        Double().Match(value) is { Success: true } number && number.Groups["digits"].Captures.Sum(digits => digits.Length) <= DoubleDigits && double.IsFinite(double.Parse(value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^-?((?<digits>[0-9]+)(\.(?<digits>[0-9]*))?|\.(?<digits>[0-9]+))$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Numeric();

    [GeneratedRegex(@"^-?((?<digits>[0-9]+)(\.(?<digits>[0-9]*))?|\.(?<digits>[0-9]+))([eE][+-]?[0-9]+)?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Double();
}
