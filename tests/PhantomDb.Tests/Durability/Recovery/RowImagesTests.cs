using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Recovery;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Rows are equal bit by bit, and what is equal has one hash.</summary>
[TestClass]
public sealed class RowImagesTests
{
    private static RowBuffer Row<T>(T value)
        where T : unmanaged
    {
        var row = new RowBuffer(0);
        row.Set(0, value);
        return row;
    }

    private static RowBuffer Row(string value)
    {
        var row = new RowBuffer(0);
        row.SetBytes(0, System.Text.Encoding.UTF8.GetBytes(value));
        return row;
    }

    private static RowBuffer Null()
    {
        var row = new RowBuffer(0);
        row.SetNull(0);
        return row;
    }

    private static void AssertEqual(bool expected, RowBuffer left, RowBuffer right, PhysicalType type)
    {
        Assert.AreEqual(expected, RowImages.AreEqual(left, right, 0, type));
        Assert.AreEqual(expected, RowImages.AreEqual(right, left, 0, type));
        Assert.AreEqual(expected, RowImages.HashOf(left, [type]) == RowImages.HashOf(right, [type]));
    }

    [TestMethod]
    public void NULL_is_equal_to_NULL_alone()
    {
        AssertEqual(true, Null(), Null(), PhysicalType.Int32);
        AssertEqual(false, Null(), Row(0), PhysicalType.Int32);
        AssertEqual(false, Null(), Row(""), PhysicalType.String);
    }

    [TestMethod]
    public void Numbers_are_equal_that_print_alike()
    {
        AssertEqual(true, Row(new Numeric(10, 1)), Row(new Numeric(10, 1)), PhysicalType.Numeric);
        AssertEqual(false, Row(new Numeric(10, 1)), Row(new Numeric(100, 2)), PhysicalType.Numeric);
        Assert.IsFalse(RowImages.AreEqual(Row(new Numeric(10, 1)), Row(new Numeric(10, 2)), 0, PhysicalType.Numeric));
        AssertEqual(false, Row(new Numeric(10, 1)), Row(new Numeric(11, 1)), PhysicalType.Numeric);
        Assert.IsFalse(RowImages.AreEqual(Row(Numeric.NaN), Row(Numeric.Zero), 0, PhysicalType.Numeric));
        Assert.IsTrue(RowImages.AreEqual(Row(Numeric.NaN), Row(Numeric.NaN), 0, PhysicalType.Numeric));
        AssertEqual(true, Row(7), Row(7), PhysicalType.Int32);
        AssertEqual(false, Row(7), Row(8), PhysicalType.Int32);
        AssertEqual(false, Row((Int128)1 << 70), Row((Int128)1 << 71), PhysicalType.Int128);
        AssertEqual(false, Row(((Int128)1 << 70) + 1), Row(((Int128)1 << 70) + 2), PhysicalType.Int128);
        AssertEqual(false, Row(((Int128)1 << 70) + 1), Row(((Int128)1 << 71) + 1), PhysicalType.Int128);
    }

    [TestMethod]
    public void Rows_that_differ_in_small_numbers_have_hashes_of_their_own()
    {
        const int Side = 150;
        HashSet<long> hashes = [];
        var row = new RowBuffer(0, 1, 2);
        for (int i = 0; i < Side * Side * 2; i++)
        {
            row.Set(0, i % Side);
            row.Set(1, (long)(i / Side % Side));
            row.Set(2, (Int128)(i / (Side * Side)) << 64);
            hashes.Add(RowImages.HashOf(row, [PhysicalType.Int32, PhysicalType.Int64, PhysicalType.Int128]));
            row.SetNull(0);
            hashes.Add(RowImages.HashOf(row, [PhysicalType.Int32, PhysicalType.Int64, PhysicalType.Int128]));
        }
        Assert.HasCount((Side * Side * 2) + (Side * 2), hashes);
        int[] slices = [.. hashes.SelectMany(hash => new[] { hash, hash >> 16, hash >> 48 }.Select(slice => (int)(slice & 0xFFFF))).Distinct()];
        Assert.IsGreaterThan(57_000, slices.Length, "of 65,536, numbers drawn at random would hit 57,300");
    }

    [TestMethod]
    public void Texts_that_differ_have_hashes_of_their_own_but_for_a_few()
    {
        HashSet<long> hashes = [.. Enumerable.Range(0, 10_000).Select(i => RowImages.HashOf(Row($"row {i}"), [PhysicalType.String]))];
        Assert.IsGreaterThan(9_990, hashes.Count, "of 32 bits");
    }

    [TestMethod]
    public void All_NaN_are_one_value_and_minus_zero_is_not_zero()
    {
        double otherNaN = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(double.NaN) | 1);
        AssertEqual(true, Row(double.NaN), Row(otherNaN), PhysicalType.Double);
        AssertEqual(false, Row(double.NaN), Row(1.0), PhysicalType.Double);
        AssertEqual(false, Row(0.0), Row(-0.0), PhysicalType.Double);
        float otherRealNaN = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(float.NaN) | 1);
        AssertEqual(true, Row(float.NaN), Row(otherRealNaN), PhysicalType.Real);
        AssertEqual(false, Row(float.NaN), Row(1f), PhysicalType.Real);
        AssertEqual(false, Row(0f), Row(-0f), PhysicalType.Real);
    }

    [TestMethod]
    public void Texts_are_equal_by_their_bytes_wherever_these_stand()
    {
        string longer = new('x', 100);
        AssertEqual(true, Row("a"), Row("a"), PhysicalType.String);
        AssertEqual(false, Row("a"), Row("A"), PhysicalType.String);
        AssertEqual(true, Row(longer), Row(longer), PhysicalType.String);
        AssertEqual(false, Row(longer), Row(longer[..99] + "y"), PhysicalType.String);
    }

    [TestMethod]
    public void A_row_is_taken_from_vectors_column_by_column()
    {
        Vector[] vectors = [new Vector(PhysicalType.Int32), new Vector(PhysicalType.Int128), new Vector(PhysicalType.Int32)];
        vectors[0].Write<int>()[3] = 7;
        vectors[1].Write<Int128>()[3] = (Int128)1 << 70;
        Span<int> last = vectors[2].Write<int>();
        (last[2], last[3]) = (9, 8);
        var row = new RowBuffer(0, 1, 2);
        row.Set(0, (Int128)(-1));   // wider than what comes
        RowImages.Take(row, vectors, 3);
        Assert.AreEqual((7, (Int128)1 << 70, 8), (row.Get<int>(0), row.Get<Int128>(1), row.Get<int>(2)));
        Assert.AreEqual((7ul, 0ul), (row.Raw(0).Word0, row.Raw(0).Word1));
    }
}
