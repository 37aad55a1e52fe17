using System.Collections;
using System.Globalization;
using System.Text;
using PhantomDb.Errors;

namespace PhantomDb;

// Values of .NET as parameters, whatever they are.
public sealed partial class PreparedStatement
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>
    /// Gives a parameter a value of a type that is known only when the program runs: NULL for null and <see cref="DBNull"/>; numbers, booleans, text, <see cref="char"/>s,
    /// dates and times, intervals as <see cref="TimeSpan"/>, <see cref="Guid"/>s, enumerations as their numbers, bytes, and what a <see cref="Stream"/> or <see cref="TextReader"/> has left.
    /// </summary>
    /// <exception cref="PhantomDbException">The parameter's type cannot hold the value. 0A000: it is an array.</exception>
    /// <exception cref="NotSupportedException">Its type is none of these.</exception>
    public void BindValue(int parameter, object? value)
    {
        switch (value)
        {
            case null or DBNull:
                BindNull(parameter);
                break;
            case int number:
                Bind(parameter, number);
                break;
            case long number:
                Bind(parameter, number);
                break;
            case string text:
                Bind(parameter, text);
                break;
            case bool truth:
                Bind(parameter, truth);
                break;
            case decimal number:
                Bind(parameter, number);
                break;
            case double number:
                Bind(parameter, number);
                break;
            case float number:
                Bind(parameter, number.ToString("R", CultureInfo.InvariantCulture));
                break;
            case short or byte or sbyte or ushort or uint:
                Bind(parameter, ((IConvertible)value).ToInt64(CultureInfo.InvariantCulture));
                break;
            case ulong number:
                Bind(parameter, (decimal)number);
                break;
            case DateTime time:
                Bind(parameter, time);
                break;
            case DateTimeOffset time:
                Bind(parameter, time.UtcDateTime);
                break;
            case DateOnly date:
                Bind(parameter, date);
                break;
            case TimeOnly time:
                Bind(parameter, time.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
                break;
            case TimeSpan interval:
                Bind(parameter, IntervalText(interval));
                break;
            case Guid uuid:
                Bind(parameter, uuid.ToString("D", CultureInfo.InvariantCulture));
                break;
            case byte[] bytes:
                Bind(parameter, bytes.AsSpan());
                break;
            case ReadOnlyMemory<byte> bytes:
                Bind(parameter, bytes.Span);
                break;
            case Memory<byte> bytes:
                Bind(parameter, bytes.Span);
                break;
            case ArraySegment<byte> bytes:
                Bind(parameter, bytes.AsSpan());
                break;
            case Stream stream:
                Bind(parameter, Read(stream));
                break;
            case char c:
                Bind(parameter, c.ToString());
                break;
            case char[] text:
                Bind(parameter, new string(text));
                break;
            case TextReader reader:
                Bind(parameter, reader.ReadToEnd());
                break;
            case Enum number when number.GetTypeCode() == TypeCode.UInt64:
                Bind(parameter, ((IConvertible)number).ToDecimal(CultureInfo.InvariantCulture));
                break;
            case Enum number:
                Bind(parameter, ((IConvertible)number).ToInt64(CultureInfo.InvariantCulture));
                break;
            case IEnumerable:
                throw new PhantomDbException(SqlStates.FeatureNotSupported, $"parameters of array type are not supported: {value.GetType().Name}")
                {
                    Hint = "Give each element a parameter of its own: IN ($1, $2, $3).",
                };
            default:
                throw new NotSupportedException($"A {value.GetType().FullName} has no type in SQL that it could be a parameter of: give its parts, or its text.");
        }
    }

    private static ReadOnlySpan<byte> Read(Stream stream)
    {
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.GetBuffer().AsSpan(0, (int)copy.Length);
    }

    // Days and time apart, as they are read back: 3 days -04:05:06.5.
    private static string IntervalText(TimeSpan interval)
    {
        long microseconds = interval.Ticks / TimeSpan.TicksPerMicrosecond;
        (long days, long rest) = (microseconds / MicrosecondsPerDay, microseconds % MicrosecondsPerDay);
        TimeSpan time = TimeSpan.FromMicroseconds(Math.Abs(rest));
        return new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{days} days {(rest < 0 ? "-" : "")}")
            .Append(time.ToString(@"hh\:mm\:ss\.ffffff", CultureInfo.InvariantCulture))
            .ToString();
    }
}
