using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>
/// What can be done with the arrays of the system catalogs: made, taken apart, searched, put together. Arrays of several
/// dimensions are not there.
/// </summary>
internal static class ArrayFunctions
{
    public static void AddTo(List<ScalarFunction> functions)
    {
        Add(functions, "array_to_string", [SqlTypeId.Array, SqlTypeId.Text], types => new BoundScalarFunction("array_to_string", SqlType.Text, [types[0], SqlType.Text],
            RowKernels.Text((in RowReader row, TextBuffer output) => Join(row, types[0], null, output))));
        Add(functions, "array_to_string", [SqlTypeId.Array, SqlTypeId.Text, SqlTypeId.Text], types => new BoundScalarFunction(
            "array_to_string", SqlType.Text, [types[0], SqlType.Text, SqlType.Text], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
            {
                if (row.IsNull(0) || row.IsNull(1))
                {
                    return false;
                }
                Join(row, types[0], row.IsNull(2) ? null : row.Text(2).ToArray(), output);
                return true;
            }))
        {
            IsStrict = false,
        });
        Bound(functions, "array_length", (count, first) => count);
        Bound(functions, "array_upper", (count, first) => first + count - 1);
        Bound(functions, "array_lower", (count, first) => first);
        Add(functions, "cardinality", [SqlTypeId.Array], types => new BoundScalarFunction("cardinality", SqlType.Int32, [types[0]],
            RowKernels.Value((in RowReader row) => ArrayText.Read(row.Text(0), types[0]).Count)));
        Add(functions, "array_ndims", [SqlTypeId.Array], types => new BoundScalarFunction("array_ndims", SqlType.Int32, [types[0]],
            RowKernels.Nullable((in RowReader row, out int dimensions) =>
            {
                dimensions = 1;
                return ArrayText.Read(row.Text(0), types[0]).Count > 0;
            })));
        Add(functions, "array_append", [SqlTypeId.Array, SqlTypeId.Text], types => Change("array_append", types, (elements, value) => [.. elements, value]));
        Add(functions, "array_remove", [SqlTypeId.Array, SqlTypeId.Text], types => Change("array_remove", types, (elements, value) =>
            [.. elements.Where(element => !AreSame(element, value))]));
        Add(functions, "array_position", [SqlTypeId.Array, SqlTypeId.Text], types => new BoundScalarFunction("array_position", SqlType.Int32, [types[0], SqlType.Text],
            RowKernels.Nullable((in RowReader row, out int place) =>
            {
                byte[]? wanted = row.IsNull(1) ? null : row.Text(1).ToArray();
                place = row.IsNull(0) ? 0 : ArrayText.Read(row.Text(0), types[0]).FindIndex(element => AreSame(element, wanted)) + 1;
                return place > 0;
            }))
        {
            IsStrict = false, IsFallible = true,
        });
        Add(functions, "array_cat", [SqlTypeId.Array, SqlTypeId.Array], types => Concatenate(types[0], types[1]));
        functions.Add(new BoundScalarFunction("string_to_array", SqlType.ArrayOf(SqlTypeId.Text), [SqlType.Text, SqlType.Text],
            RowKernels.NullableText((in RowReader row, TextBuffer output) =>
            {
                if (row.IsNull(0))
                {
                    return false;
                }
                string text = row.String(0);
                output.Append(ArrayText.Of(text.Length == 0 ? []
                    : row.IsNull(1) ? text.EnumerateRunes().Select(rune => rune.ToString())
                    : row.Text(1).IsEmpty ? [text] : text.Split(row.String(1))));
                return true;
            }))
        {
            IsStrict = false,
        });
    }

    public static void AddTo(List<TableFunction> functions)
    {
        functions.Add(new TableFunction("unnest", [SqlTypeId.Array], types => new BoundTableFunction("unnest", [("unnest", types[0].Element)], [types[0]],
            (arguments, statement) => new ElementRows(Elements(arguments[0], types[0]), types[0].Element, statement))));
        functions.Add(new TableFunction("generate_subscripts", [SqlTypeId.Array, SqlTypeId.Int32], types => new BoundTableFunction(
            "generate_subscripts", [("generate_subscripts", SqlType.Int32)], [types[0], SqlType.Int32],
            (arguments, statement) => new ElementRows(
                arguments[1].IsValid(0) && arguments[1].Values<int>()[0] == 1
                    ? [.. Elements(arguments[0], types[0]).Select((_, i) => Encoding.UTF8.GetBytes($"{i + FirstSubscript(types[0])}"))] : [],
                SqlType.Int32, statement))));
        // There are no partitions: a table is not even its own ancestor.
        functions.Add(new TableFunction("pg_partition_ancestors", [SqlTypeId.RegClass], _ => new BoundTableFunction(
            "pg_partition_ancestors", [("relid", SqlType.RegClass)], [SqlType.RegClass], (_, statement) => new ElementRows([], SqlType.RegClass, statement))));
    }

    /// <summary>ARRAY[…] of values of one type.</summary>
    public static BoundScalarFunction Construct(SqlType element, int count) => new("array", SqlType.ArrayOf(element.Id), [.. Enumerable.Repeat(element, count)],
        RowKernels.Text((in RowReader row, TextBuffer output) =>
        {
            var text = new TextOutput(element, row.Statement);
            var value = new TextBuffer();
            output.Append((byte)'{');
            for (int i = 0; i < row.Count; i++)
            {
                if (i > 0)
                {
                    output.Append((byte)',');
                }
                if (row.IsNull(i))
                {
                    output.Append("NULL"u8);
                    continue;
                }
                value.Clear();
                text.Write(row[i], row.Position, value);
                ArrayText.WriteElement(value.Written, output);
            }
            output.Append((byte)'}');
        }))
    {
        IsStrict = false, IsFallible = true, Volatility = Volatility.Stable,
    };

    /// <summary>The element at a place; NULL where there is none.</summary>
    public static BoundScalarFunction Subscript(SqlType array)
    {
        // The element as text; the binder casts it to its type.
        return new BoundScalarFunction("array_element", SqlType.Text, [array, SqlType.Int32], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            List<byte[]?> elements = ArrayText.Read(row.Text(0), array);
            int place = row.Value<int>(1) - FirstSubscript(array);
            byte[]? element = place >= 0 && place < elements.Count ? elements[place] : null;
            output.Append(element ?? []);
            return element is not null;
        }))
        {
            IsFallible = true,
        };
    }

    /// <summary>value = ANY (array), or value = ALL of it; the value comes as the text of the element type.</summary>
    public static BoundScalarFunction Quantified(SqlType array, bool isAny, bool isEqual) => new(isAny ? "any" : "all", SqlType.Boolean, [SqlType.Text, array],
        RowKernels.Nullable((in RowReader row, out bool result) =>
        {
            bool isUnknown = false;
            result = !isAny;
            ReadOnlySpan<byte> value = row.Text(0);
            foreach (byte[]? element in ArrayText.Read(row.Text(1), array))
            {
                if (element is null)
                {
                    isUnknown = true;
                }
                else if (value.SequenceEqual(element) == isEqual == isAny)
                {
                    result = isAny;
                    return true;
                }
            }
            return !isUnknown;
        }))
    {
        IsFallible = true,
    };

    public static BoundScalarFunction Concatenate(SqlType left, SqlType right) => new("array_cat", left, [left, right],
        RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            if (row.IsNull(0) && row.IsNull(1))
            {
                return false;
            }
            List<byte[]?> elements = row.IsNull(0) ? [] : ArrayText.Read(row.Text(0), left);
            if (!row.IsNull(1))
            {
                elements.AddRange(ArrayText.Read(row.Text(1), right));
            }
            ArrayText.Write(elements, left, output, null);
            return true;
        }))
    {
        IsStrict = false, IsFallible = true,
    };

    /// <summary>Types whose values are equal just where their texts are: what ANY and ALL can look for.</summary>
    public static bool IsSearchable(SqlType element) => element.IsString && element.Id != SqlTypeId.Char
        || element.IsInteger || element.IsObjectName || element.Id is SqlTypeId.Oid or SqlTypeId.Uuid or SqlTypeId.Date;

    private static void Join(in RowReader row, SqlType array, byte[]? nullText, TextBuffer output)
    {
        bool isFirst = true;
        foreach (byte[]? element in ArrayText.Read(row.Text(0), array))
        {
            if ((element ?? nullText) is not { } text)
            {
                continue;
            }
            output.Append(isFirst ? [] : row.Text(1));
            output.Append(text);
            isFirst = false;
        }
    }

    private static void Bound(List<ScalarFunction> functions, string name, Func<int, int, int> value) =>
        Add(functions, name, [SqlTypeId.Array, SqlTypeId.Int32], types => new BoundScalarFunction(name, SqlType.Int32, [types[0], SqlType.Int32],
            RowKernels.Nullable((in RowReader row, out int result) =>
            {
                int count = ArrayText.Read(row.Text(0), types[0]).Count;
                result = value(count, FirstSubscript(types[0]));
                return row.Value<int>(1) == 1 && count > 0;
            })));

    private static BoundScalarFunction Change(string name, IReadOnlyList<SqlType> types, Func<List<byte[]?>, byte[]?, IEnumerable<byte[]?>> change) =>
        new(name, types[0], [types[0], SqlType.Text], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            if (row.IsNull(0))
            {
                return false;
            }
            ArrayText.Write([.. change(ArrayText.Read(row.Text(0), types[0]), row.IsNull(1) ? null : row.Text(1).ToArray())], types[0], output, row.Statement);
            return true;
        }))
        {
            IsStrict = false, IsFallible = true, Volatility = Volatility.Stable,
        };

    /// <summary>The first argument must be an array; the others are cast to what Bind says.</summary>
    private static void Add(List<ScalarFunction> functions, string name, SqlTypeId[] parameters, Func<IReadOnlyList<SqlType>, BoundScalarFunction> bind) =>
        functions.Add(new ScalarFunction(name, parameters, types => bind(types) with { IsFallible = true }));

    private static bool AreSame(byte[]? left, byte[]? right) => left is null ? right is null : right is not null && left.AsSpan().SequenceEqual(right);

    private static int FirstSubscript(SqlType array) => array.Id == SqlTypeId.Array ? 1 : 0;

    private static List<byte[]?> Elements(Vector array, SqlType type) =>
        array.IsValid(0) ? ArrayText.Read(StringView.Bytes(in array.Data<StringView>()[0], array.Blocks), type) : [];

    private sealed class ElementRows(List<byte[]?> elements, SqlType type, IStatementContext statement) : TableFunctionRows
    {
        private readonly TextInput _input = new(type, statement);
        private int _next;

        public override bool Next(DataChunk output)
        {
            statement.ThrowIfCancelled();
            Vector vector = output[0];
            vector.BeginWrite();
            int count = 0;
            for (; count < DataChunk.Capacity && _next < elements.Count; count++, _next++)
            {
                if (elements[_next] is { } element)
                {
                    _input.Parse(element, vector, count);
                }
                else
                {
                    vector.SetNull(count);
                }
            }
            _input.End(vector);
            output.Count = count;
            return count > 0;
        }
    }
}
