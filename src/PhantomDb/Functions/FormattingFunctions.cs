using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>to_char, to_date, to_timestamp and to_number: a template is compiled when it differs from the row before.</summary>
internal static class FormattingFunctions
{
    private static readonly SqlType Text = SqlType.Text;

    public static void AddTo(List<ScalarFunction> functions)
    {
        functions.Fallible("to_char", Text, [SqlType.Timestamp, Text], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            long timestamp = row.Value<long>(0);
            return CivilCalendar.IsFiniteTimestamp(timestamp) && Write(row, DateTimeTemplate.Split(timestamp), output);
        }));
        functions.Add(new BoundScalarFunction("to_char", Text, [SqlType.TimestampTz, Text], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            long utc = row.Value<long>(0);
            return CivilCalendar.IsFiniteTimestamp(utc) && Write(row, DateTimeTemplate.SplitTz(utc, row.Statement.TimeZone), output);
        }))
        {
            IsFallible = true, Volatility = Volatility.Stable,
        });
        functions.Fallible("to_char", Text, [SqlType.Interval, Text], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
            Write(row, DateTimeTemplate.Split(row.Value<Interval>(0)), output)));
        functions.Fallible("to_char", Text, [SqlType.Numeric, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Write(row, row.Value<Numeric>(0), output)));
        functions.Fallible("to_char", Text, [SqlType.Int32, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Write(row, Numeric.FromInt64(row.Value<int>(0)), output)));
        functions.Fallible("to_char", Text, [SqlType.Int64, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            Write(row, Numeric.FromInt64(row.Value<long>(0)), output)));
        functions.Fallible("to_char", Text, [SqlType.Real, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
        {
            NumberTemplate template = NumberTemplateOf(row);
            output.Advance(template.Format(row.Value<float>(0), output.GetSpan(template.LengthMax)));
        }));
        functions.Fallible("to_char", Text, [SqlType.Double, Text], RowKernels.Text((in RowReader row, TextBuffer output) =>
        {
            NumberTemplate template = NumberTemplateOf(row);
            output.Advance(template.Format(row.Value<double>(0), output.GetSpan(template.LengthMax)));
        }));
        functions.Fallible("to_date", SqlType.Date, [Text, Text], RowKernels.Value((in RowReader row) =>
            DateTimeTemplateReader.ToDate(row.Text(0), DateTemplateOf(row))));
        functions.Add(new BoundScalarFunction("to_timestamp", SqlType.TimestampTz, [Text, Text], RowKernels.Value((in RowReader row) =>
            DateTimeTemplateReader.ToTimestampTz(row.Text(0), DateTemplateOf(row), row.Statement.TimeZone)))
        {
            IsFallible = true, Volatility = Volatility.Stable,
        });
        functions.Fallible("to_number", SqlType.Numeric, [Text, Text], RowKernels.Nullable((in RowReader row, out Numeric number) =>
        {
            bool hasTemplate = !row.Text(1).IsEmpty;
            number = hasTemplate ? NumberTemplateOf(row).Read(row.Text(0)) : default;
            return hasTemplate;
        }));
    }

    /// <summary>False (NULL) for an empty template.</summary>
    private static bool Write(in RowReader row, in DateTimeTemplate.Fields fields, TextBuffer output)
    {
        if (row.Text(1).IsEmpty)
        {
            return false;
        }

        DateTimeTemplate template = DateTemplateOf(row);
        output.Advance(template.Format(fields, output.GetSpan(template.LengthMax)));
        return true;
    }

    private static void Write(in RowReader row, in Numeric value, TextBuffer output)
    {
        NumberTemplate template = NumberTemplateOf(row);
        output.Advance(template.Format(value, output.GetSpan(template.LengthMax)));
    }

    private static DateTimeTemplate DateTemplateOf(in RowReader row)
    {
        ReadOnlySpan<byte> source = row.Text(1);
        if (row.State.Value is not Site<DateTimeTemplate> site || !source.SequenceEqual(site.Source))
        {
            site = new Site<DateTimeTemplate>(source.ToArray(), DateTimeTemplate.Compile(source));
            row.State.Value = site;
        }

        return site.Template;
    }

    private static NumberTemplate NumberTemplateOf(in RowReader row)
    {
        ReadOnlySpan<byte> source = row.Text(1);
        if (row.State.Value is not Site<NumberTemplate> site || !source.SequenceEqual(site.Source))
        {
            site = new Site<NumberTemplate>(source.ToArray(), NumberTemplate.Compile(source));
            row.State.Value = site;
        }

        return site.Template;
    }

    /// <summary>The template last used at a place.</summary>
    private sealed record Site<T>(byte[] Source, T Template);
}
