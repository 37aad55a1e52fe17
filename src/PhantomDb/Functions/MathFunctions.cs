using System.Numerics;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>Mathematical functions of floating point and numeric, with PostgreSQL's domain errors.</summary>
internal static class MathFunctions
{
    private static readonly SqlType Double = SqlType.Double;
    private static readonly SqlType Any = SqlType.Numeric;

    public static void AddTo(List<ScalarFunction> functions)
    {
        AddRounding(functions);
        AddPowers(functions);
        AddTrigonometry(functions);
        AddIntegers(functions);
        AddRandom(functions);
        functions.Fallible("width_bucket", SqlType.Int32, [Double, Double, Double, SqlType.Int32], RowKernels.Value((in RowReader row) =>
            WidthBucket(row.Value<double>(0), row.Value<double>(1), row.Value<double>(2), row.Value<int>(3))));
        functions.Fallible("width_bucket", SqlType.Int32, [Any, Any, Any, SqlType.Int32], RowKernels.Value((in RowReader row) =>
            WidthBucket(row.Value<Numeric>(0), row.Value<Numeric>(1), row.Value<Numeric>(2), row.Value<int>(3))));
    }

    private static void AddRounding(List<ScalarFunction> functions)
    {
        OfDouble(functions, "ceil", Math.Ceiling);
        OfDouble(functions, "ceiling", Math.Ceiling);
        OfDouble(functions, "floor", Math.Floor);
        OfDouble(functions, "trunc", Math.Truncate);
        OfDouble(functions, "round", value => Math.Round(value, MidpointRounding.ToEven));
        OfDouble(functions, "sign", value => double.IsNaN(value) ? value : Math.Sign(value));
        ToInteger(functions, "ceil", RoundingDirection.Up, value => Numeric.Ceiling(value));
        ToInteger(functions, "ceiling", RoundingDirection.Up, value => Numeric.Ceiling(value));
        ToInteger(functions, "floor", RoundingDirection.Down, value => Numeric.Floor(value));
        ToInteger(functions, "trunc", RoundingDirection.TowardZero, value => Numeric.Truncate(value, 0));
        ToInteger(functions, "round", RoundingDirection.Nearest, value => Numeric.Round(value, 0));
        OfNumeric(functions, "sign", value => Numeric.Sign(value));
        OfNumeric(functions, "trim_scale", value => Numeric.TrimScale(value));
        functions.Fallible("round", Any, [Any, SqlType.Int32], Kernels.Binary<Numeric, int, Numeric>((value, scale) => Numeric.Round(value, scale)));
        functions.Fallible("trunc", Any, [Any, SqlType.Int32], Kernels.Binary<Numeric, int, Numeric>((value, scale) => Numeric.Truncate(value, scale)));
        functions.Fallible("scale", SqlType.Int32, [Any], RowKernels.Nullable((in RowReader row, out int scale) =>
        {
            Numeric value = row.Value<Numeric>(0);
            scale = value.Scale;
            return value.IsFinite;
        }));
        functions.Fallible("min_scale", SqlType.Int32, [Any], RowKernels.Nullable((in RowReader row, out int scale) =>
        {
            Numeric value = row.Value<Numeric>(0);
            scale = value.IsFinite ? Numeric.TrimScale(value).Scale : 0;
            return value.IsFinite;
        }));
    }

    private static void AddPowers(List<ScalarFunction> functions)
    {
        foreach (string name in new[] { "sqrt", "|/" })
        {
            OfDouble(functions, name, value => value < 0 ? throw Error.SquareRootOfNegative() : Math.Sqrt(value));
        }

        OfNumeric(functions, "sqrt", value => Numeric.Sqrt(value));
        OfDouble(functions, "cbrt", Math.Cbrt);
        OfDouble(functions, "||/", Math.Cbrt);
        OfDouble(functions, "exp", value => Checked(Math.Exp(value), isExact: !double.IsFinite(value), mayBeZero: double.IsNegativeInfinity(value)));
        OfDouble(functions, "ln", value => Math.Log(LogarithmArgument(value)));
        OfDouble(functions, "log", value => Math.Log10(LogarithmArgument(value)));
        OfDouble(functions, "log10", value => Math.Log10(LogarithmArgument(value)));
        OfNumeric(functions, "exp", value => Numeric.Exp(value));
        OfNumeric(functions, "ln", value => Numeric.Ln(value));
        OfNumeric(functions, "log", value => Numeric.Log10(value));
        OfNumeric(functions, "log10", value => Numeric.Log10(value));
        functions.Fallible("log", Any, [Any, Any], Kernels.Binary<Numeric, Numeric, Numeric>((@base, value) => Numeric.Log(@base, value)));
        foreach (string name in new[] { "^", "power", "pow" })
        {
            functions.Fallible(name, Double, [Double, Double], Kernels.Binary<double, double, double>(Power));
            functions.Fallible(name, Any, [Any, Any], Kernels.Binary<Numeric, Numeric, Numeric>((@base, exponent) => Numeric.Power(@base, exponent)));
        }
    }

    private static void AddTrigonometry(List<ScalarFunction> functions)
    {
        OfDouble(functions, "sin", value => Math.Sin(FiniteInput(value)));
        OfDouble(functions, "cos", value => Math.Cos(FiniteInput(value)));
        OfDouble(functions, "tan", value => Math.Tan(FiniteInput(value)));
        OfDouble(functions, "cot", value => 1.0 / Math.Tan(FiniteInput(value)));
        OfDouble(functions, "asin", value => Math.Asin(UnitInput(value)));
        OfDouble(functions, "acos", value => Math.Acos(UnitInput(value)));
        OfDouble(functions, "atan", Math.Atan);
        functions.Add("atan2", Double, [Double, Double], Kernels.Binary<double, double, double>(Math.Atan2));
        OfDouble(functions, "sinh", Math.Sinh);
        OfDouble(functions, "cosh", Math.Cosh);
        OfDouble(functions, "tanh", Math.Tanh);
        OfDouble(functions, "asinh", Math.Asinh);
        OfDouble(functions, "acosh", value => value < 1 ? throw InputOutOfRange() : Math.Acosh(value));
        OfDouble(functions, "atanh", value => value is < -1 or > 1 ? throw InputOutOfRange() : Math.Atanh(value));
        OfDouble(functions, "degrees", value => Checked(value / (Math.PI / 180.0), !double.IsFinite(value), mayBeZero: true));
        OfDouble(functions, "radians", value => value * (Math.PI / 180.0));
        functions.Add("pi", Double, [], RowKernels.Value((in RowReader _) => Math.PI));
    }

    private static void AddIntegers(List<ScalarFunction> functions)
    {
        functions.Fallible("factorial", Any, [SqlType.Int64], Kernels.Unary<long, Numeric>(Numeric.Factorial));
        functions.Fallible("gcd", SqlType.Int32, [SqlType.Int32, SqlType.Int32], Kernels.Binary<int, int, int>((left, right) =>
            Gcd(left, right) is var gcd && gcd <= int.MaxValue ? (int)gcd : throw Error.OutOfRange("integer")));
        functions.Fallible("gcd", SqlType.Int64, [SqlType.Int64, SqlType.Int64], Kernels.Binary<long, long, long>((left, right) =>
            Gcd(left, right) is var gcd && gcd <= long.MaxValue ? (long)gcd : throw Error.OutOfRange("bigint")));
        functions.Fallible("lcm", SqlType.Int32, [SqlType.Int32, SqlType.Int32], Kernels.Binary<int, int, int>((left, right) =>
            Lcm(left, right) is var lcm && lcm <= int.MaxValue ? (int)lcm : throw Error.OutOfRange("integer")));
        functions.Fallible("lcm", SqlType.Int64, [SqlType.Int64, SqlType.Int64], Kernels.Binary<long, long, long>((left, right) =>
            Lcm(left, right) is var lcm && lcm <= long.MaxValue ? (long)lcm : throw Error.OutOfRange("bigint")));
        functions.Fallible("div", Any, [Any, Any], Kernels.Binary<Numeric, Numeric, Numeric>((left, right) => Numeric.DivideToInteger(left, right)));
    }

    private static void AddRandom(List<ScalarFunction> functions)
    {
        functions.Add(new BoundScalarFunction("random", Double, [], RowKernels.Value((in RowReader row) => row.Statement.Random.NextDouble()))
        {
            Volatility = Volatility.Volatile,
        });
        functions.Add(new BoundScalarFunction("setseed", SqlType.Void, [Double], RowKernels.Text((in RowReader row, TextBuffer _) =>
        {
            double seed = row.Value<double>(0);
            if (!(seed is >= -1 and <= 1))
            {
                throw Error.InvalidParameter("setseed parameter " + seed.ToString(System.Globalization.CultureInfo.InvariantCulture) + " is out of allowed range [-1,1]");
            }

            row.Statement.Random = new Random((int)(seed * int.MaxValue));
        }))
        {
            Volatility = Volatility.Volatile, IsFallible = true,
        });
    }

    private static void OfDouble(List<ScalarFunction> functions, string name, Func<double, double> function) =>
        functions.Fallible(name, Double, [Double], Kernels.Unary(function));

    private static void OfNumeric(List<ScalarFunction> functions, string name, Func<Numeric, Numeric> function) =>
        functions.Fallible(name, Any, [Any], Kernels.Unary(function));

    /// <summary>Scaled integers where the type tells the scale.</summary>
    private static void ToInteger(List<ScalarFunction> functions, string name, RoundingDirection direction, Func<Numeric, Numeric> function)
    {
        var variable = new BoundScalarFunction(name, Any, [Any], Kernels.Unary(function)) { IsFallible = true };
        functions.Add(new ScalarFunction(name, [SqlTypeId.Numeric], types => FixedRounding.TryBind(name, types[0], 0, direction) ?? variable));
    }

    private static double LogarithmArgument(double value) =>
        value == 0 ? throw Error.LogarithmOfZero() : value < 0 ? throw Error.LogarithmOfNegative() : value;

    private static double FiniteInput(double value) => double.IsInfinity(value) ? throw InputOutOfRange() : value;

    private static double UnitInput(double value) => value is < -1 or > 1 ? throw InputOutOfRange() : value;

    private static PhantomDbException InputOutOfRange() => new(SqlStates.NumericValueOutOfRange, "input is out of range");

    /// <summary>An infinity or zero that the argument does not explain is 22003.</summary>
    private static double Checked(double result, bool isExact, bool mayBeZero)
    {
        if (double.IsInfinity(result) && !isExact)
        {
            throw Error.FloatOverflow();
        }

        return result == 0 && !mayBeZero ? throw Error.FloatUnderflow() : result;
    }

    private static double Power(double @base, double exponent)
    {
        if (@base == 0 && exponent < 0)
        {
            throw Error.ZeroToNegativePower();
        }

        if (@base < 0 && double.IsFinite(@base) && double.IsFinite(exponent) && Math.Floor(exponent) != exponent)
        {
            throw Error.NegativeToFractionalPower();
        }

        double result = Math.Pow(@base, exponent);
        bool isExact = !double.IsFinite(@base) || !double.IsFinite(exponent);
        return Checked(result, isExact, mayBeZero: isExact || @base == 0);
    }

    private static UInt128 Gcd(long left, long right)
    {
        UInt128 a = PowersOfTen.Magnitude(left);
        UInt128 b = PowersOfTen.Magnitude(right);
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }

    private static UInt128 Lcm(long left, long right) =>
        left == 0 || right == 0 ? 0 : (UInt128)PowersOfTen.Magnitude(left) / Gcd(left, right) * PowersOfTen.Magnitude(right);

    private static int WidthBucket(double operand, double low, double high, int count)
    {
        if (count <= 0)
        {
            throw BucketError("count must be greater than zero");
        }

        if (double.IsNaN(operand) || double.IsNaN(low) || double.IsNaN(high))
        {
            throw BucketError("operand, lower bound, and upper bound cannot be NaN");
        }

        if (double.IsInfinity(low) || double.IsInfinity(high))
        {
            throw BucketError("lower and upper bounds must be finite");
        }

        if (low == high)
        {
            throw BucketError("lower bound cannot equal upper bound");
        }

        bool ascends = low < high;
        if (ascends ? operand < low : operand > low)
        {
            return 0;
        }

        if (ascends ? operand >= high : operand <= high)
        {
            return count == int.MaxValue ? throw Error.OutOfRange("integer") : count + 1;
        }

        return Math.Min((int)((operand - low) / (high - low) * count), count - 1) + 1;
    }

    private static int WidthBucket(Numeric operand, Numeric low, Numeric high, int count)
    {
        if (count <= 0)
        {
            throw BucketError("count must be greater than zero");
        }

        if (operand.IsNaN || low.IsNaN || high.IsNaN)
        {
            throw BucketError("operand, lower bound, and upper bound cannot be NaN");
        }

        if (!low.IsFinite || !high.IsFinite)
        {
            throw BucketError("lower and upper bounds must be finite");
        }

        int order = Numeric.Compare(low, high);
        if (order == 0)
        {
            throw BucketError("lower bound cannot equal upper bound");
        }

        if (Numeric.Compare(operand, low) * -order < 0)
        {
            return 0;
        }

        if (Numeric.Compare(operand, high) * -order >= 0)
        {
            return count == int.MaxValue ? throw Error.OutOfRange("integer") : count + 1;
        }

        Numeric share = Numeric.Multiply(Numeric.Subtract(operand, low), Numeric.FromInt64(count));
        return Numeric.DivideToInteger(share, Numeric.Subtract(high, low)).ToInt32() + 1;
    }

    private static PhantomDbException BucketError(string message) => new("2201G", message);
}
