using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Functions.Aggregates;

/// <summary>
/// Variance, standard deviation, correlation and regression. Floating point by Youngs and Cramer's update, as PostgreSQL;
/// exact types by exact sums of values and squares, divided as numerics.
/// </summary>
internal static class StatisticalAggregates
{
    public static void AddTo(List<AggregateFunction> functions)
    {
        foreach (string name in new[] { "variance", "var_samp", "var_pop", "stddev", "stddev_samp", "stddev_pop" })
        {
            bool isSample = !name.EndsWith("_pop", StringComparison.Ordinal);
            bool isRoot = name.StartsWith("std", StringComparison.Ordinal);
            AddFloat<float>(functions, name, SqlType.Real, isSample, isRoot);
            AddFloat<double>(functions, name, SqlType.Double, isSample, isRoot);
            AddExact<short>(functions, name, SqlType.Int16, isSample, isRoot);
            AddExact<int>(functions, name, SqlType.Int32, isSample, isRoot);
            AddExact<long>(functions, name, SqlType.Int64, isSample, isRoot);
            functions.Add(new AggregateFunction(name, [SqlTypeId.Numeric], _ => new BoundAggregate(name, SqlType.Numeric, [SqlType.Numeric],
                account => new FoldState<Numeric, SquareSums, NumericSquares>(account, Writer(isSample, isRoot)))));
        }

        AddPair(functions, "corr", 1, moments => moments.Sxx == 0 || moments.Syy == 0 ? null : moments.Sxy / Math.Sqrt(moments.Sxx * moments.Syy));
        AddPair(functions, "covar_pop", 1, moments => moments.Sxy / moments.Count);
        AddPair(functions, "covar_samp", 2, moments => moments.Sxy / (moments.Count - 1));
        AddPair(functions, "regr_avgx", 1, moments => moments.Sx / moments.Count);
        AddPair(functions, "regr_avgy", 1, moments => moments.Sy / moments.Count);
        AddPair(functions, "regr_sxx", 1, moments => moments.Sxx);
        AddPair(functions, "regr_syy", 1, moments => moments.Syy);
        AddPair(functions, "regr_sxy", 1, moments => moments.Sxy);
        AddPair(functions, "regr_slope", 1, moments => moments.Sxx == 0 ? null : moments.Sxy / moments.Sxx);
        AddPair(functions, "regr_intercept", 1, moments => moments.Sxx == 0 ? null
            : (moments.Sy - (moments.Sx * moments.Sxy / moments.Sxx)) / moments.Count);
        AddPair(functions, "regr_r2", 1, moments => moments.Sxx == 0 ? null : moments.Syy == 0 ? 1
            : moments.Sxy * moments.Sxy / (moments.Sxx * moments.Syy));
        functions.Add(new AggregateFunction("regr_count", [SqlTypeId.Double, SqlTypeId.Double], _ => new BoundAggregate(
            "regr_count", SqlType.Int64, [SqlType.Double, SqlType.Double], account => new PairState(account, (groups, result) =>
            {
                Span<long> target = result.Write<long>();
                for (int i = 0; i < groups.Length; i++)
                {
                    target[i] = (long)groups[i].Count;
                }
            }))));
    }

    private static void AddFloat<T>(List<AggregateFunction> functions, string name, SqlType type, bool isSample, bool isRoot)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        functions.Add(new AggregateFunction(name, [type.Id], _ => new BoundAggregate(name, SqlType.Double, [type],
            account => new FoldState<T, Moments, FloatMoments<T>>(account, (groups, result) =>
            {
                Span<double> target = result.Write<double>();
                for (int i = 0; i < groups.Length; i++)
                {
                    double divisor = isSample ? groups[i].Count - 1 : groups[i].Count;
                    if (divisor <= 0)
                    {
                        result.SetNull(i);
                        continue;
                    }

                    double variance = groups[i].Sxx / divisor;
                    target[i] = isRoot ? Math.Sqrt(variance) : variance;
                }
            }))));

    private static void AddExact<T>(List<AggregateFunction> functions, string name, SqlType type, bool isSample, bool isRoot)
        where T : struct, IBinaryInteger<T> =>
        functions.Add(new AggregateFunction(name, [type.Id], _ => new BoundAggregate(name, SqlType.Numeric, [type],
            account => new FoldState<T, SquareSums, IntegerSquares<T>>(account, Writer(isSample, isRoot)))));

    private static void AddPair(List<AggregateFunction> functions, string name, int countMin, Func<Moments, double?> compute) =>
        functions.Add(new AggregateFunction(name, [SqlTypeId.Double, SqlTypeId.Double], _ => new BoundAggregate(
            name, SqlType.Double, [SqlType.Double, SqlType.Double], account => new PairState(account, (groups, result) =>
            {
                Span<double> target = result.Write<double>();
                for (int i = 0; i < groups.Length; i++)
                {
                    double? value = groups[i].Count < countMin ? null : compute(groups[i]);
                    target[i] = value ?? 0;
                    if (value is null)
                    {
                        result.SetNull(i);
                    }
                }
            }))));

    /// <summary>(n sum(x^2) - sum(x)^2) / (n (n - 1)), or n^2 for the population.</summary>
    private static AccumulatorWriter<SquareSums> Writer(bool isSample, bool isRoot) => (groups, result) =>
    {
        Span<Numeric> target = result.Write<Numeric>();
        for (int i = 0; i < groups.Length; i++)
        {
            SquareSums sums = groups[i];
            if (sums.Count <= (isSample ? 1 : 0))
            {
                result.SetNull(i);
                continue;
            }

            if (sums.IsNaN)
            {
                target[i] = Numeric.NaN;
                continue;
            }

            Numeric variance = sums.Variance(isSample);
            target[i] = isRoot && !variance.IsZero ? NumericDivision.SquareRoot(variance) : variance;
        }
    };
}

/// <summary>Count, sums and sums of squares of deviations of one group, of one variable (x) or two.</summary>
internal struct Moments
{
    public double Count;
    public double Sx;
    public double Sxx;
    public double Sy;
    public double Syy;
    public double Sxy;

    /// <summary>Youngs and Cramer (1971): the deviations' squares grow by (n x - sum)^2 / (n (n - 1)).</summary>
    public void Add(double x)
    {
        Count++;
        Sx += x;
        if (Count > 1)
        {
            double deviation = (x * Count) - Sx;
            Sxx += deviation * deviation / (Count * (Count - 1));
            if (double.IsInfinity(Sx) || double.IsInfinity(Sxx))
            {
                Sxx = double.IsInfinity(Sx) && double.IsFinite(x) ? throw Error.FloatOverflow() : double.NaN;
            }
        }
        else if (!double.IsFinite(x))
        {
            Sxx = double.NaN;
        }
    }

    public void Add(double x, double y)
    {
        Count++;
        Sx += x;
        Sy += y;
        if (Count > 1)
        {
            double deviationX = (x * Count) - Sx;
            double deviationY = (y * Count) - Sy;
            double scale = 1.0 / (Count * (Count - 1));
            Sxx += deviationX * deviationX * scale;
            Syy += deviationY * deviationY * scale;
            Sxy += deviationX * deviationY * scale;
        }
        else
        {
            Sxx = double.IsFinite(x) ? 0 : double.NaN;
            Syy = double.IsFinite(y) ? 0 : double.NaN;
            Sxy = double.IsFinite(x) && double.IsFinite(y) ? 0 : double.NaN;
        }
    }

    public void Combine(in Moments other)
    {
        if (other.Count == 0)
        {
            return;
        }

        if (Count == 0)
        {
            this = other;
            return;
        }

        double count = Count + other.Count;
        double x = (Sx / Count) - (other.Sx / other.Count);
        double y = (Sy / Count) - (other.Sy / other.Count);
        double weight = Count * other.Count / count;
        Sxx += other.Sxx + (weight * x * x);
        Syy += other.Syy + (weight * y * y);
        Sxy += other.Sxy + (weight * x * y);
        Sx += other.Sx;
        Sy += other.Sy;
        Count = count;
    }
}

internal readonly struct FloatMoments<T> : IFold<T, Moments> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Moments accumulator, T value) => accumulator.Add(double.CreateTruncating(value));

    public static void Combine(ref Moments accumulator, in Moments other) => accumulator.Combine(other);
}

/// <summary>
/// Exact sum and sum of squares: 128-bit as long as all values fit with scale 0 to 18; BigInteger beyond, which is the
/// price of exactness for large values.
/// </summary>
internal struct SquareSums
{
    public long Count;
    public int Scale;
    public BigInteger Sum;
    public BigInteger Squares;
    public Int128 SmallSum;
    public Int128 SmallSquares;
    public bool IsNaN;

    public void Add(Int128 coefficient, int scale)
    {
        Count++;
        if (scale > Scale)
        {
            Flush();
            Rescale(scale);
        }

        if (scale < Scale)
        {
            AddBig((BigInteger)coefficient * PowersOfTen.Big(Scale - scale));
            return;
        }

        if (coefficient > int.MaxValue || coefficient < int.MinValue)
        {
            AddBig((BigInteger)coefficient);
            return;
        }

        // Squares below 2^62: 2^64 of them fit.
        long small = (long)coefficient;
        SmallSum += small;
        SmallSquares += small * small;
    }

    public void Combine(SquareSums other)
    {
        Flush();
        other.Flush();
        if (other.Scale > Scale)
        {
            Rescale(other.Scale);
        }
        else if (Scale > other.Scale)
        {
            other.Rescale(Scale);
        }

        Count += other.Count;
        Sum += other.Sum;
        Squares += other.Squares;
        IsNaN |= other.IsNaN;
    }

    public readonly Numeric Variance(bool isSample)
    {
        SquareSums sums = this;
        sums.Flush();
        BigInteger numerator = (sums.Squares * sums.Count) - (sums.Sum * sums.Sum);
        BigInteger denominator = (BigInteger)Count * (isSample ? Count - 1 : Count);
        if (numerator.Sign <= 0)
        {
            return Numeric.Zero;
        }

        return NumericDivision.Divide(numerator, 2 * Scale, denominator);
    }

    private void AddBig(BigInteger value)
    {
        Sum += value;
        Squares += value * value;
    }

    private void Flush()
    {
        Sum += (BigInteger)SmallSum;
        Squares += (BigInteger)SmallSquares;
        SmallSum = 0;
        SmallSquares = 0;
    }

    private void Rescale(int scale)
    {
        BigInteger factor = PowersOfTen.Big(scale - Scale);
        Sum *= factor;
        Squares *= factor * factor;
        Scale = scale;
    }
}

/// <summary>Division of integers of any size with the scale that PostgreSQL's numeric division chooses.</summary>
internal static class NumericDivision
{
    private const int SignificantDigitsMin = 16;
    private const int DigitsPerWord = 4;

    /// <summary>numerator / 10^scale / denominator.</summary>
    public static Numeric Divide(BigInteger numerator, int scale, BigInteger denominator)
    {
        int resultScale = SelectScale(numerator, scale, denominator);
        BigInteger scaled = numerator * PowersOfTen.Big(Math.Max(0, resultScale - scale));
        BigInteger divisor = denominator * PowersOfTen.Big(Math.Max(0, scale - resultScale));
        BigInteger quotient = BigInteger.DivRem(scaled, divisor, out BigInteger remainder);
        if (remainder * 2 >= divisor)
        {
            quotient++;
        }

        // What is more than 38 digits long loses digits behind the point, not the value.
        while (BigInteger.Abs(quotient) >= PowersOfTen.Big(Numeric.DigitsMax) && resultScale > 0)
        {
            quotient = (quotient + 5) / 10;
            resultScale--;
        }

        return BigInteger.Abs(quotient) < PowersOfTen.Big(Numeric.DigitsMax)
            ? new Numeric((Int128)quotient, resultScale)
            : throw Error.NumericOverflow();
    }

    /// <summary>The square root with the scale of the value itself, as stddev has it (sqrt() chooses another).</summary>
    public static Numeric SquareRoot(Numeric value)
    {
        BigInteger scaled = (BigInteger)value.Coefficient * PowersOfTen.Big(value.Scale);
        BigInteger root = (BigInteger)Math.Sqrt((double)scaled);
        while (true)
        {
            // Newton's steps from a double's 53 bits: two or three.
            BigInteger next = (root + (scaled / root)) >> 1;
            if (BigInteger.Abs(next - root) <= 1)
            {
                root = BigInteger.Min(root, next);
                break;
            }

            root = next;
        }

        while ((root + 1) * (root + 1) <= scaled)
        {
            root++;
        }

        while (root * root > scaled)
        {
            root--;
        }

        return new Numeric((Int128)(scaled - (root * root) > root ? root + 1 : root), value.Scale);
    }

    /// <summary>At least 16 significant digits by an estimate from the leading base-10000 digits, and no less than the scales.</summary>
    private static int SelectScale(BigInteger numerator, int scale, BigInteger denominator)
    {
        (int weight1, int first1) = Leading(numerator, scale);
        (int weight2, int first2) = Leading(denominator, 0);
        int quotientWeight = weight1 - weight2 - (first1 <= first2 ? 1 : 0);
        return Math.Max(Math.Max(SignificantDigitsMin - (quotientWeight * DigitsPerWord), scale), 0);
    }

    /// <summary>Weight of the leading base-10000 digit, and that digit.</summary>
    private static (int Weight, int First) Leading(BigInteger value, int scale)
    {
        string digits = BigInteger.Abs(value).ToString(System.Globalization.CultureInfo.InvariantCulture);
        int integerDigits = digits.Length - scale;
        int weight = (int)Math.Floor((integerDigits - 1) / (double)DigitsPerWord);
        int count = integerDigits - (weight * DigitsPerWord);
        int first = int.Parse(digits[..Math.Min(count, digits.Length)], System.Globalization.CultureInfo.InvariantCulture);
        for (int i = digits.Length; i < count; i++)
        {
            first *= 10;
        }

        return (weight, first);
    }
}

internal readonly struct IntegerSquares<T> : IFold<T, SquareSums> where T : struct, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref SquareSums accumulator, T value) => accumulator.Add(Int128.CreateTruncating(value), 0);

    public static void Combine(ref SquareSums accumulator, in SquareSums other) => accumulator.Combine(other);
}

internal readonly struct NumericSquares : IFold<Numeric, SquareSums>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref SquareSums accumulator, Numeric value)
    {
        if (value.IsFinite)
        {
            accumulator.Add(value.Coefficient, value.Scale);
            return;
        }

        accumulator.Count++;
        accumulator.IsNaN = true;
    }

    public static void Combine(ref SquareSums accumulator, in SquareSums other) => accumulator.Combine(other);
}

/// <summary>Moments of pairs (y, x), as the regr_ functions take them; a pair with a NULL does not count.</summary>
internal sealed class PairState(MemoryAccount account, AccumulatorWriter<Moments> writer) : AggregateState
{
    private readonly GroupArray<Moments> _groups = new(account);

    public override void EnsureGroups(int count) => _groups.Ensure(count);

    public override void Update(in KernelArguments arguments, int[]? groups)
    {
        Vector y = arguments[0];
        Vector x = arguments[1];
        ReadOnlySpan<double> yValues = y.Values<double>();
        ReadOnlySpan<double> xValues = x.Values<double>();
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            int yAt = y.PositionOf(i);
            int xAt = x.PositionOf(i);
            if (y.IsValid(yAt) && x.IsValid(xAt))
            {
                _groups.Items[groups is null ? 0 : groups[i]].Add(xValues[xAt], yValues[yAt]);
            }
        }
    }

    public override void Combine(AggregateState other, ReadOnlySpan<int> groupMap)
    {
        Moments[] theirs = ((PairState)other)._groups.Items;
        for (int i = 0; i < groupMap.Length; i++)
        {
            _groups.Items[groupMap[i]].Combine(theirs[i]);
        }
    }

    public override void Emit(int first, int count, Vector result) => writer(_groups.Items.AsSpan(first, count), result);
}
