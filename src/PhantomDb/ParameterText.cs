using PhantomDb.Execution;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>
/// Values of one parameter as its type stores them, from their text and from numbers of other types; used again for each
/// binding, so that binding allocates next to nothing.
/// </summary>
internal sealed class ParameterText(SqlType type, StatementContext statement)
{
    private readonly Vector _value = NewVector(type.Physical);
    private readonly TextInput? _input = IsOfTheMoment(type) ? null : new TextInput(type, statement);

    /// <summary>Reads a value from its text, as PostgreSQL reads it.</summary>
    public void Read(ReadOnlySpan<byte> text, RowBuffer values, int index)
    {
        _value.BeginWrite();
        TextInput input = _input ?? new TextInput(type, statement);
        input.Parse(text, _value, 0);
        input.End(_value);
        values.SetFrom(index, _value, 0);
    }

    /// <summary>Takes an exact number as a numeric; false where its text must be read: to make the error, or the type is another.</summary>
    public static bool TrySetNumeric(SqlType type, Int128 coefficient, int scale, RowBuffer values, int index)
    {
        if (type.Id != SqlTypeId.Numeric)
        {
            return false;
        }
        if (type.Precision < 0)
        {
            values.Set(index, new Numeric(coefficient, scale));
            return true;
        }
        if (!type.IsFixedNumeric || !FixedNumeric.TryRescale(coefficient, scale, type.Scale, type.Precision, out Int128 scaled))
        {
            return false;
        }
        if (type.Physical == PhysicalType.Int64)
        {
            values.Set(index, (long)scaled);
        }
        else
        {
            values.Set(index, scaled);
        }
        return true;
    }

    private static Vector NewVector(PhysicalType type)
    {
        Vector vector = new(type);
        vector.LimitRoom(1);
        return vector;
    }

    // 'now' and zones are of the moment at which the text is read; names of objects and elements of arrays ask the session.
    private static bool IsOfTheMoment(SqlType type) => !(type.IsInteger || type.IsString
        || type.Id is SqlTypeId.Boolean or SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double or SqlTypeId.Uuid or SqlTypeId.Bytea);
}
