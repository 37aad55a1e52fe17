using System.Collections.Frozen;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>quote_ident, quote_literal, quote_nullable and format().</summary>
internal static class QuotingFunctions
{
    /// <summary>PostgreSQL's key words that may not stand as a name unquoted everywhere (all but the unreserved).</summary>
    private static readonly FrozenSet<string> KeyWords = """
        all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast
        char character check coalesce collate collation column concurrently constraint create cross current_catalog
        current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable
        desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group
        grouping having ilike in initially inner inout int integer intersect interval into is isnull join lateral leading
        least left like limit localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric
        offset on only or order out outer overlaps overlay placing position precision primary real references returning
        right row select session_user setof similar smallint some substring symmetric table tablesample then time timestamp
        to trailing treat trim true union unique user using values varchar variadic verbose when where window with
        xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
        """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet();

    public static void AddTo(List<ScalarFunction> functions)
    {
        SqlType text = SqlType.Text;
        functions.Add("quote_ident", text, [text], RowKernels.Text((in RowReader row, TextBuffer output) => output.Append(QuoteIdentifier(row.String(0)))));
        functions.Add("quote_literal", text, [text], RowKernels.Text((in RowReader row, TextBuffer output) => output.Append(QuoteLiteral(row.String(0)))));
        functions.Add(new BoundScalarFunction("quote_nullable", text, [text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(row.IsNull(0) ? "NULL" : QuoteLiteral(row.String(0)))))
        {
            IsStrict = false,
        });
        AddQuotesOfAny(functions, "quote_literal", nullText: null);
        AddQuotesOfAny(functions, "quote_nullable", nullText: "NULL");
        functions.Add(new ScalarFunction("format", [SqlTypeId.Unknown], types => new BoundScalarFunction("format", text, [text, .. types.Skip(1)],
            RowKernels.NullableText((in RowReader row, TextBuffer output) =>
            {
                if (row.IsNull(0))
                {
                    return false;
                }

                Format(row, types, output);
                return true;
            }))
        {
            IsStrict = false, IsFallible = true, Volatility = Volatility.Stable,
        })
        {
            TakesAny = true, IsVariadic = true,
        });
    }

    /// <summary>A value of any other type is quoted as its text.</summary>
    private static void AddQuotesOfAny(List<ScalarFunction> functions, string name, string? nullText) =>
        functions.Add(new ScalarFunction(name, [SqlTypeId.Unknown], types => new BoundScalarFunction(name, SqlType.Text, types,
            RowKernels.Text((in RowReader row, TextBuffer output) =>
            {
                if (row.IsNull(0))
                {
                    output.Append(nullText!);
                    return;
                }

                var text = new TextBuffer();
                TextFunctions.Outputs(row, types)[0].WriteCast(row[0], row.Position, text);
                output.Append(QuoteLiteral(Encoding.UTF8.GetString(text.Written)));
            }))
        {
            IsStrict = nullText is null, IsFallible = true, Volatility = Volatility.Stable,
        })
        {
            TakesAny = true,
        });

    public static string QuoteIdentifier(string name)
    {
        bool isPlain = name.Length > 0 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
            && !KeyWords.Contains(name);
        return isPlain ? name : "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }

    public static string QuoteLiteral(string value)
    {
        string quoted = "'" + value.Replace("'", "''", StringComparison.Ordinal).Replace("\\", "\\\\", StringComparison.Ordinal) + "'";
        return value.Contains('\\', StringComparison.Ordinal) ? "E" + quoted : quoted;
    }

    /// <summary>%[position$][-][width]type with type s, I or L.</summary>
    private static void Format(in RowReader row, IReadOnlyList<SqlType> types, TextBuffer output)
    {
        TextOutput[] outputs = TextFunctions.Outputs(row, types);
        string format = row.String(0);
        int next = 1;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                int end = format.IndexOf('%', i);
                end = end < 0 ? format.Length : end;
                output.Append(format[i..end]);
                i = end - 1;
                continue;
            }

            if (++i == format.Length)
            {
                throw Unterminated();
            }

            if (format[i] == '%')
            {
                output.Append((byte)'%');
                continue;
            }

            int argument = 0;
            int digits = Number(format, ref i);
            if (digits >= 0 && i < format.Length && format[i] == '$')
            {
                argument = digits;
                digits = -1;
                i++;
                if (argument == 0)
                {
                    throw Error.InvalidParameter("format specifies argument 0, but arguments are numbered from 1");
                }
            }

            bool isLeft = false;
            while (digits < 0 && i < format.Length && format[i] == '-')
            {
                isLeft = true;
                i++;
            }

            if (digits < 0)
            {
                if (i < format.Length && format[i] == '*')
                {
                    throw Error.NotSupported("a width from an argument in format()");
                }

                digits = Number(format, ref i);
            }

            if (i >= format.Length)
            {
                throw Unterminated();
            }

            if (format[i] is not ('s' or 'I' or 'L'))
            {
                throw new PhantomDbException(SqlStates.InvalidParameterValue, $"unrecognized format() type specifier \"{format[i]}\"")
                {
                    Hint = "For a single \"%\" use \"%%\".",
                };
            }

            int chosen = argument > 0 ? argument : next;
            next = chosen + 1;
            if (chosen >= types.Count)
            {
                throw Error.InvalidParameter("too few arguments for format()");
            }

            AppendPadded(Converted(row, outputs, chosen, format[i]), digits, isLeft, output);
        }
    }

    private static string Converted(in RowReader row, TextOutput[] outputs, int argument, char type)
    {
        if (row.IsNull(argument))
        {
            return type switch
            {
                's' => "",
                'L' => "NULL",
                _ => throw new PhantomDbException("22004", "null values cannot be formatted as an SQL identifier"),
            };
        }

        var value = new System.Buffers.ArrayBufferWriter<byte>();
        outputs[argument].Write(row[argument], row.Position, value);
        string text = Encoding.UTF8.GetString(value.WrittenSpan);
        return type switch { 's' => text, 'I' => QuoteIdentifier(text), _ => QuoteLiteral(text) };
    }

    private static void AppendPadded(string text, int width, bool isLeft, TextBuffer output)
    {
        long missing = width - (long)text.EnumerateRunes().Count();
        if (!isLeft)
        {
            output.AppendRepeated(" "u8, missing);
        }

        output.Append(text);
        if (isLeft)
        {
            output.AppendRepeated(" "u8, missing);
        }
    }

    private static int Number(string format, ref int i)
    {
        int start = i;
        long value = 0;
        while (i < format.Length && char.IsAsciiDigit(format[i]))
        {
            value = (value * 10) + (format[i++] - '0');
            if (value > int.MaxValue)
            {
                throw new PhantomDbException(SqlStates.NumericValueOutOfRange, "number is out of range");
            }
        }

        return i == start ? -1 : (int)value;
    }

    private static PhantomDbException Unterminated() => new(SqlStates.InvalidParameterValue, "unterminated format() type specifier")
    {
        Hint = "For a single \"%\" use \"%%\".",
    };
}
