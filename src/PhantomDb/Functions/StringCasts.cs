using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>Casts among strings with their lengths, and between strings and all other types by way of the text form.</summary>
internal static class StringCasts
{
    public static BoundCast? TryBind(SqlType from, SqlType to, CastContext context)
    {
        if (IsText(from) && IsText(to))
        {
            return BindText(from, to, context);
        }

        if (from.Id == SqlTypeId.Bytea && to.Id == SqlTypeId.Bytea || from.Id == SqlTypeId.Void && to.Id == SqlTypeId.Void)
        {
            return new BoundCast(from, to, null);
        }

        if (from.IsArray && to.IsArray)
        {
            return from == to ? new BoundCast(from, to, null) : BindArray(from, to);
        }

        if (IsText(to) && from.Id != SqlTypeId.Void)
        {
            return BindOutput(from, to, context);
        }

        return IsText(from) && to.Id != SqlTypeId.Void ? BindInput(from, to) : null;
    }

    /// <summary>An array of elements of another type: each by way of its text.</summary>
    private static BoundCast BindArray(SqlType from, SqlType to) => new(from, to, RowKernels.Text((in RowReader row, TextBuffer output) =>
        ArrayText.Write(ArrayText.Read(row.Text(0), from), to, output, row.Statement)))
    {
        IsFallible = true,
        Volatility = Volatility.Stable,
    };

    private static bool IsText(SqlType type) => type.IsString;

    private static BoundCast BindText(SqlType from, SqlType to, CastContext context)
    {
        if (to.Id == SqlTypeId.PaddedChar)
        {
            return new BoundCast(from, to, from.Id == SqlTypeId.Char && from.Precision > 0
                ? RowKernels.Text((in RowReader row, TextBuffer output) =>
                {
                    output.Append(row.Text(0));
                    output.AppendRepeated(" "u8, from.Precision - Utf8Text.Length(row.Text(0)));
                })
                : null);
        }

        bool hasBlanks = from.Id == SqlTypeId.PaddedChar;
        if (to.Id == SqlTypeId.Name && from.Id != SqlTypeId.Name)
        {
            return new BoundCast(from, to, RowKernels.Slice((in RowReader row) => Utf8Text.CutName(row.Text(0))));
        }

        if (to.Id == SqlTypeId.CatalogChar && from.Id != SqlTypeId.CatalogChar)
        {
            return new BoundCast(from, to, RowKernels.Slice((in RowReader row) => Utf8Text.FirstByte(row.Text(0))));
        }

        bool trims = to.Id == SqlTypeId.Char && from.Id != SqlTypeId.Char;
        bool cuts = to.Precision >= 0 && !IsSameOrNarrower(from, to);
        if (!trims && !cuts && !hasBlanks)
        {
            return new BoundCast(from, to, null);
        }

        bool isExplicit = context == CastContext.Explicit;
        return new BoundCast(from, to, RowKernels.Slice((in RowReader row) =>
        {
            ReadOnlySpan<byte> text = row.Text(0);
            text = hasBlanks ? text[..Utf8Text.TrimmedLength(text)] : text;
            text = to.Precision < 0 ? text : isExplicit ? Utf8Text.Left(text, to.Precision) : Utf8Text.Fit(text, to);
            return to.Id == SqlTypeId.Char ? text[..Utf8Text.TrimmedLength(text)] : text;
        }))
        {
            IsFallible = !isExplicit && to.Precision >= 0,
        };
    }

    private static bool IsSameOrNarrower(SqlType from, SqlType to) =>
        from.Id is SqlTypeId.Varchar or SqlTypeId.Char && from.Precision >= 0 && from.Precision <= to.Precision;

    /// <summary>Any type to a string: its text form.</summary>
    private static BoundCast BindOutput(SqlType from, SqlType to, CastContext context)
    {
        bool isExplicit = context == CastContext.Explicit;
        return new BoundCast(from, to, RowKernels.Text((in RowReader row, TextBuffer output) =>
        {
            TextOutput text = row.State.Value as TextOutput ?? MakeOutput(row.State, from, row.Statement);
            text.WriteCast(row[0], row.Position, output);
            if (to.Id is SqlTypeId.Varchar or SqlTypeId.Char && to.Precision >= 0 && output.Length > to.Precision)
            {
                int length = isExplicit ? Utf8Text.Left(output.Written, to.Precision).Length : Utf8Text.Fit(output.Written, to).Length;
                output.Advance(length - output.Length);
            }
        }))
        {
            IsFallible = true,
            Volatility = from.Id is SqlTypeId.TimestampTz || from.IsObjectName ? Volatility.Stable : Volatility.Immutable,
        };
    }

    private static TextOutput MakeOutput(KernelState state, SqlType type, IStatementContext statement)
    {
        var output = new TextOutput(type, statement);
        state.Value = output;
        return output;
    }

    /// <summary>A string to any type: its text input.</summary>
    private static BoundCast BindInput(SqlType from, SqlType to) => new(from, to, (in KernelArguments arguments, Vector result) =>
    {
        TextInput input = arguments.State.Value as TextInput ?? new TextInput(to, arguments.Statement);
        arguments.State.Value = input;
        Vector text = arguments[0];
        StringView[] views = text.Data<StringView>();
        result.BeginWrite();
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            input.Parse(StringView.Bytes(in views[text.PositionOf(i)], text.Blocks), result, i);
        }

        input.End(result);
    })
    {
        IsFallible = true,
        Volatility = to.Id is SqlTypeId.Date or SqlTypeId.Time or SqlTypeId.Timestamp or SqlTypeId.TimestampTz or SqlTypeId.Array || to.IsObjectName
            ? Volatility.Stable : Volatility.Immutable,
    };
}
