namespace PhantomDb.Shell.Output;

/// <summary>Columns of a table on a screen: the first <see cref="ShownCount"/>, each so wide. Where all fit, they are all there in their own width.</summary>
/// <param name="ShownCount">Columns shown; those behind them are hidden.</param>
/// <param name="Widths">Of the columns shown, in the terminal's columns.</param>
internal sealed record TableLayout(int ShownCount, int[] Widths)
{
    /// <summary>A text is not cut to less where another column can be hidden instead.</summary>
    private const int TextWidthMin = 8;

    /// <summary>Nor is the name above numbers and dates.</summary>
    private const int NumberNameWidthMin = 20;

    /// <summary>What a screen has for the values, beside lines and blanks.</summary>
    public static int Room(int columnCount, int screenWidth, bool isBoxed) => screenWidth - (3 * columnCount) + (isBoxed ? -1 : 1);

    /// <param name="wanted">The widths at which nothing is cut.</param>
    /// <param name="numbers">Of each column the width of its widest number or date; 0 of a column of texts. Numbers and dates are not cut.</param>
    /// <param name="screenWidth">Columns of the terminal; 0 for no limit.</param>
    /// <param name="isBoxed">True: a line left and right.</param>
    public static TableLayout Fit(int[] wanted, int[] numbers, int screenWidth, bool isBoxed)
    {
        if (screenWidth == 0 || wanted.Sum() <= Room(wanted.Length))
        {
            return new TableLayout(wanted.Length, wanted);
        }
        int[] least = [.. wanted.Select((width, i) => Math.Max(numbers[i], Math.Min(width, numbers[i] > 0 ? NumberNameWidthMin : TextWidthMin)))];
        int count = wanted.Length;
        while (count > 1 && least.Take(count).Sum() > Room(count))
        {
            count--;
        }
        int limit = TextWidthMin;
        while (limit < screenWidth && WithLimit(limit + 1).Sum() <= Room(count))
        {
            limit++;
        }
        return new TableLayout(count, count == 1 ? [Math.Max(Math.Max(1, numbers[0]), Math.Min(Room(1), wanted[0]))] : WithLimit(limit));

        int Room(int columnCount) => TableLayout.Room(columnCount, screenWidth, isBoxed);

        // The widest give way first.
        int[] WithLimit(int width) => [.. wanted.Take(count).Select((own, i) => Math.Max(least[i], Math.Min(own, width)))];
    }
}
