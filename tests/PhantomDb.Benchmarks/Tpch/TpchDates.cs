using System.Globalization;
using System.Text;

namespace PhantomDb.Benchmarks.Tpch;

/// <summary>The seven years of TPC-H as day numbers from 1992-01-01, with their text.</summary>
internal static class TpchDates
{
    private static readonly DateOnly Start = new(1992, 1, 1);
    private static readonly DateOnly End = new(1998, 12, 31);
    private static readonly byte[] Texts = MakeTexts();

    /// <summary>The last day on which an order may be placed: all its dates then lie before the end.</summary>
    public static readonly int OrderDayMax = End.DayNumber - Start.DayNumber - 151;

    /// <summary>The specification's "current date".</summary>
    public static readonly int CurrentDay = new DateOnly(1995, 6, 17).DayNumber - Start.DayNumber;

    public static ReadOnlySpan<byte> Text(int day) => Texts.AsSpan(day * 10, 10);

    private static byte[] MakeTexts()
    {
        var dates = Enumerable.Range(0, End.DayNumber - Start.DayNumber + 1).Select(day => Start.AddDays(day));
        return Encoding.UTF8.GetBytes(string.Concat(dates.Select(date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))));
    }
}
