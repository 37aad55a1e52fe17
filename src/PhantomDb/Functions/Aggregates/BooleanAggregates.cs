using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Functions.Aggregates;

/// <summary>bool_and, bool_or, every, bit_and, bit_or, bit_xor.</summary>
internal static class BooleanAggregates
{
    public static void AddTo(List<AggregateFunction> functions)
    {
        Add<bool, MinFold<bool, BooleanOrder>>(functions, "bool_and", SqlType.Boolean, ignoresDistinct: true);
        Add<bool, MinFold<bool, BooleanOrder>>(functions, "every", SqlType.Boolean, ignoresDistinct: true);
        Add<bool, MaxFold<bool, BooleanOrder>>(functions, "bool_or", SqlType.Boolean, ignoresDistinct: true);
        AddBits<short>(functions, SqlType.Int16);
        AddBits<int>(functions, SqlType.Int32);
        AddBits<long>(functions, SqlType.Int64);
    }

    private static void AddBits<T>(List<AggregateFunction> functions, SqlType type) where T : struct, IBinaryInteger<T>
    {
        Add<T, BitFold<T, BitAnd<T>>>(functions, "bit_and", type, ignoresDistinct: true);
        Add<T, BitFold<T, BitOr<T>>>(functions, "bit_or", type, ignoresDistinct: true);
        Add<T, BitFold<T, BitXor<T>>>(functions, "bit_xor", type, ignoresDistinct: false);
    }

    private static void Add<T, TFold>(List<AggregateFunction> functions, string name, SqlType type, bool ignoresDistinct)
        where T : struct
        where TFold : struct, IFold<T, Extreme<T>> =>
        functions.Add(new AggregateFunction(name, [type.Id], _ => new BoundAggregate(name, type, [type],
            account => new FoldState<T, Extreme<T>, TFold>(account, Write))
        {
            IgnoresDistinct = ignoresDistinct,
        }));

    private static void Write<T>(ReadOnlySpan<Extreme<T>> values, Vector result) where T : struct
    {
        Span<T> target = result.Write<T>();
        for (int i = 0; i < values.Length; i++)
        {
            target[i] = values[i].Value;
            if (!values[i].HasValue)
            {
                result.SetNull(i);
            }
        }
    }
}

internal readonly struct BitFold<T, TOperation> : IFold<T, Extreme<T>>
    where T : struct
    where TOperation : struct, IBinaryOperation<T, T, T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Extreme<T> accumulator, T value)
    {
        accumulator.Value = accumulator.HasValue ? TOperation.Apply(accumulator.Value, value) : value;
        accumulator.HasValue = true;
    }

    public static void Combine(ref Extreme<T> accumulator, in Extreme<T> other)
    {
        if (other.HasValue)
        {
            Add(ref accumulator, other.Value);
        }
    }
}
