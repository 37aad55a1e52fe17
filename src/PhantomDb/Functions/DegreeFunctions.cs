using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>
/// Trigonometry in degrees, exact where the answer is: each quarter of the circle is computed from two stretches, and each
/// stretch is scaled by the value at its far end (sine at 30, cosine at 60, tangent at 45 degrees).
/// </summary>
internal static class DegreeFunctions
{
    private const double RadiansPerDegree = Math.PI / 180.0;

    private static readonly double SineOf30 = Math.Sin(30 * RadiansPerDegree);
    private static readonly double OneMinusCosineOf60 = 1.0 - Math.Cos(60 * RadiansPerDegree);
    private static readonly double TangentOf45 = SineInQuarter(45) / CosineInQuarter(45);
    private static readonly double CotangentOf45 = CosineInQuarter(45) / SineInQuarter(45);
    private static readonly double ArcSineOfHalf = Math.Asin(0.5);
    private static readonly double ArcCosineOfHalf = Math.Acos(0.5);
    private static readonly double ArcTangentOf1 = Math.Atan(1.0);

    public static void AddTo(List<ScalarFunction> functions)
    {
        Add(functions, "sind", value =>
        {
            (double degrees, bool isNegative) = Reduce(value, out _);
            return isNegative ? -SineInQuarter(degrees) : SineInQuarter(degrees);
        });
        Add(functions, "cosd", value =>
        {
            (double degrees, _) = Reduce(value, out bool isLeft);
            return isLeft ? -CosineInQuarter(degrees) : CosineInQuarter(degrees);
        });
        Add(functions, "tand", value =>
        {
            (double degrees, bool isNegative) = Reduce(value, out bool isLeft);
            return Signed(SineInQuarter(degrees) / CosineInQuarter(degrees) / TangentOf45, isNegative != isLeft);
        });
        Add(functions, "cotd", value =>
        {
            (double degrees, bool isNegative) = Reduce(value, out bool isLeft);
            return Signed(CosineInQuarter(degrees) / SineInQuarter(degrees) / CotangentOf45, isNegative != isLeft);
        });
        Add(functions, "asind", value => EnsureUnit(value) >= 0 ? ArcSine(value) : -ArcSine(-value));
        Add(functions, "acosd", value => EnsureUnit(value) >= 0 ? ArcCosine(value) : 90.0 + ArcSine(-value));
        Add(functions, "atand", value => Math.Atan(value) / ArcTangentOf1 * 45.0);
        functions.Add("atan2d", SqlType.Double, [SqlType.Double, SqlType.Double], Kernels.Binary<double, double, double>((y, x) =>
            Math.Atan2(y, x) / ArcTangentOf1 * 45.0));
    }

    private static void Add(List<ScalarFunction> functions, string name, Func<double, double> function) =>
        functions.Fallible(name, SqlType.Double, [SqlType.Double], Kernels.Unary<double, double>(value => double.IsNaN(value) ? value : function(value)));

    /// <summary>The angle of the first quarter with the same sine and cosine, signs apart.</summary>
    /// <param name="isLeft">The cosine is negative.</param>
    private static (double Degrees, bool IsNegative) Reduce(double value, out bool isLeft)
    {
        if (double.IsInfinity(value))
        {
            throw OutOfRange();
        }

        double degrees = value % 360.0;
        bool isNegative = degrees < 0;
        degrees = Math.Abs(degrees);
        if (degrees > 180)
        {
            degrees = 360 - degrees;
            isNegative = !isNegative;
        }

        isLeft = degrees > 90;
        return (isLeft ? 180 - degrees : degrees, isNegative);
    }

    /// <summary>No negative zero.</summary>
    private static double Signed(double value, bool isNegative) => value == 0 ? 0 : isNegative ? -value : value;

    private static double SineInQuarter(double degrees) => degrees <= 30 ? SineTo30(degrees) : CosineTo60(90 - degrees);

    private static double CosineInQuarter(double degrees) => degrees <= 60 ? CosineTo60(degrees) : SineTo30(90 - degrees);

    private static double SineTo30(double degrees) => Math.Sin(degrees * RadiansPerDegree) / SineOf30 / 2.0;

    private static double CosineTo60(double degrees) => 1.0 - ((1.0 - Math.Cos(degrees * RadiansPerDegree)) / OneMinusCosineOf60 / 2.0);

    private static double ArcSine(double value) => value <= 0.5
        ? Math.Asin(value) / ArcSineOfHalf * 30.0
        : 90.0 - (Math.Acos(value) / ArcCosineOfHalf * 60.0);

    private static double ArcCosine(double value) => value <= 0.5
        ? 90.0 - (Math.Asin(value) / ArcSineOfHalf * 30.0)
        : Math.Acos(value) / ArcCosineOfHalf * 60.0;

    private static double EnsureUnit(double value) => value is >= -1 and <= 1 ? value : throw OutOfRange();

    private static PhantomDbException OutOfRange() => new(SqlStates.NumericValueOutOfRange, "input is out of range");
}
