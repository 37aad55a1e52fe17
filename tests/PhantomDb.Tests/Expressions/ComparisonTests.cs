using PhantomDb.Expressions;
using PhantomDb.Types;
using PhantomDb.Vectors;
using static PhantomDb.Tests.Expressions.Sample;

namespace PhantomDb.Tests.Expressions;

[TestClass]
public sealed class ComparisonTests
{
    private static readonly SqlType[] Types =
    [
        SqlType.Boolean, SqlType.Int16, SqlType.Int32, SqlType.Int64, SqlType.FixedNumeric(38, 2), SqlType.Real, SqlType.Double,
        SqlType.Numeric, SqlType.Text, SqlType.Interval, SqlType.Uuid,
    ];

    private static readonly ComparisonKind[] Kinds = Enum.GetValues<ComparisonKind>();

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Comparisons_agree_with_a_model_for_every_type_kind_and_shape(int seed)
    {
        var random = new Random(seed);
        foreach (SqlType type in Types)
        {
            foreach (ComparisonKind kind in Kinds)
            {
                for (int shape = 0; shape < 16; shape++)
                {
                    Check(random, type, kind, shape);
                }
            }
        }
    }

    private static void Check(Random random, SqlType type, ComparisonKind kind, int shape)
    {
        int count = random.Next(1, 300);
        bool nulls = (shape & 1) != 0, selected = (shape & 2) != 0;
        DataChunk chunk = Chunk((type, Values(random, type, count, nulls)), (type, Values(random, type, count, nulls)));
        object?[] left = Sample.Values(Column(0, type), chunk);
        object?[] right = Sample.Values(Column(1, type), chunk);
        Expression leftSide = Column(0, type), rightSide = Column(1, type);
        if ((shape & 4) != 0)
        {
            object? constant = left[random.Next(count)];
            leftSide = new ConstantExpression(type, constant);
            Array.Fill(left, constant);
        }

        if ((shape & 8) != 0)
        {
            object? constant = right[random.Next(count)];
            rightSide = new ConstantExpression(type, constant);
            Array.Fill(right, constant);
        }

        if (selected)
        {
            chunk.Selection = Enumerable.Range(0, count).Where(_ => random.Next(3) > 0).ToArray();
            chunk.Count = chunk.Selection.Length;
        }

        Expression comparison = new ComparisonExpression(kind, leftSide, rightSide);
        var expected = new List<int>();
        var expectedNot = new List<int>();
        var values = new List<object?>();
        for (int row = 0; row < chunk.Count; row++)
        {
            int i = chunk.Position(row);
            bool? holds = Holds(kind, left[i], right[i]);
            values.Add(holds);
            if (holds == true)
            {
                expected.Add(i);
            }

            if (holds == false)
            {
                expectedNot.Add(i);
            }
        }

        string what = $"{type} {kind} shape {shape}";
        CollectionAssert.AreEqual(expected, Select(comparison, chunk), what);
        CollectionAssert.AreEqual(expectedNot, Select(new NotExpression(comparison), chunk), $"not {what}");
        CollectionAssert.AreEqual(values, Sample.Values(comparison, chunk), $"value of {what}");
    }

    private static bool? Holds(ComparisonKind kind, object? left, object? right)
    {
        if (kind is ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom)
        {
            bool same = left is null || right is null ? left is null && right is null : Compare(left, right) == 0;
            return same == (kind == ComparisonKind.NotDistinctFrom);
        }

        if (left is null || right is null)
        {
            return null;
        }

        int order = Compare(left, right);
        return kind switch
        {
            ComparisonKind.Equal => order == 0,
            ComparisonKind.NotEqual => order != 0,
            ComparisonKind.Less => order < 0,
            ComparisonKind.LessOrEqual => order <= 0,
            ComparisonKind.Greater => order > 0,
            _ => order >= 0,
        };
    }

    private static int Compare(object left, object right) => left switch
    {
        double number => double.IsNaN(number) || double.IsNaN((double)right)
            ? double.IsNaN(number).CompareTo(double.IsNaN((double)right)) : number.CompareTo((double)right),
        float number => float.IsNaN(number) || float.IsNaN((float)right)
            ? float.IsNaN(number).CompareTo(float.IsNaN((float)right)) : number.CompareTo((float)right),
        Numeric number => Numeric.Compare(number, (Numeric)right),
        ByteString text => text.Bytes.AsSpan().SequenceCompareTo(((ByteString)right).Bytes),
        Interval interval => (interval.Days * 10L + interval.Microseconds / 8_640_000_000).CompareTo(
            ((Interval)right).Days * 10L + ((Interval)right).Microseconds / 8_640_000_000),
        _ => ((IComparable)left).CompareTo(right),
    };

    private static object?[] Values(Random random, SqlType type, int count, bool nulls) =>
        Enumerable.Range(0, count).Select(_ => nulls && random.Next(4) == 0 ? null : Value(random, type)).ToArray();

    private static object Value(Random random, SqlType type) => type.Physical switch
    {
        PhysicalType.Boolean => random.Next(2) == 0,
        PhysicalType.Int16 => (short)random.Next(-3, 4),
        PhysicalType.Int32 => random.Next(-3, 4),
        PhysicalType.Int64 => (long)random.Next(-3, 4) << 40,
        PhysicalType.Int128 => (Int128)random.Next(-3, 4) << 90,
        PhysicalType.Real => random.Next(6) == 0 ? float.NaN : random.Next(-2, 3) / 2f,
        PhysicalType.Double => random.Next(6) == 0 ? double.NaN : random.Next(-2, 3) / 2d,
        PhysicalType.Numeric => new Numeric(random.Next(-3, 4) * 10, random.Next(3)),
        PhysicalType.String => new ByteString(new string((char)('a' + random.Next(2)), random.Next(15)) + random.Next(2)),
        // One day is ten times 2.4 hours: equal by total, unequal by fields.
        PhysicalType.Interval => new Interval(0, random.Next(3), random.Next(-2, 3) * 86_400_000_000),
        _ => (UInt128)random.Next(3) << 100,
    };
}
