using System.Buffers;
using System.Globalization;
using System.Text;
using PhantomDb.Functions;
using PhantomDb.Tests.Expressions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Functions;

/// <summary>
/// Aggregates over lists of values, with results recorded from PostgreSQL 15 (aggregates.txt), fed in several ways: all
/// at once, by group, under a selection, and in two parts that are combined.
/// </summary>
[TestClass]
public sealed class AggregateResultTests
{
    public static IEnumerable<object[]> Calls() => File.ReadLines(RepositoryPaths.InRepository("tests", "PhantomDb.Tests", "Functions", "aggregates.txt"))
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => new object[] { line });

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void Results_are_those_of_PostgreSQL(string line)
    {
        string[] parts = line.Split('\t');
        string name = parts[0].Replace("(*)", "", StringComparison.Ordinal);
        SqlType[] types = parts[1].Split(',', StringSplitOptions.None).Length == 2 && !parts[1].Contains('(', StringComparison.Ordinal)
            ? [SqlType.Double, SqlType.Double] : [FunctionResultTests.TypeOf(parts[1])];
        string[] values = parts[2] == "-" ? [] : parts[2].Split('|');
        if (name == "string_agg")
        {
            types = [SqlType.Text, SqlType.Text];
            values = values.Select(value => value + ";, ").ToArray();
        }

        BoundAggregate bound = Bind(name, types);
        foreach (string way in new[] { "whole", "grouped", "selected", "combined", "combined after nothing" })
        {
            AssertSame(parts[3], Result(() => Evaluate(bound, values, way)), way, bound.ReturnType);
        }
    }

    private static void AssertSame(string expected, string actual, string way, SqlType type)
    {
        bool isClose = type.Id is SqlTypeId.Double or SqlTypeId.Real && expected[0] == '=' && actual[0] == '='
            && double.TryParse(expected[1..], CultureInfo.InvariantCulture, out double wanted)
            && double.TryParse(actual[1..], CultureInfo.InvariantCulture, out double got)
            && Math.Abs(wanted - got) <= 1e-12 * Math.Abs(wanted) * (type.Id == SqlTypeId.Real ? 1e7 : 100);
        if (!isClose)
        {
            Assert.AreEqual(expected, actual, way);
        }
    }

    private static BoundAggregate Bind(string name, SqlType[] types)
    {
        AggregateFunction function = FunctionRegistry.FindAggregates(name).Single(candidate =>
            candidate.Parameters.Count == types.Length
            && (candidate.TakesAny || candidate.Parameters.Zip(types, (parameter, type) => parameter == type.Id).All(same => same)));
        return function.Bind(types);
    }

    private static string Evaluate(BoundAggregate bound, string[] values, string way)
    {
        AggregateState state = bound.CreateState(new MemoryAccount("test", long.MaxValue));
        int target = 0;
        if (way == "grouped")
        {
            // Group 1 takes the values, its neighbours take others.
            state.EnsureGroups(3);
            string[] padded = values.Length == 0 ? [] : values.SelectMany(value => new[] { values[0], value, values[^1] }).ToArray();
            Update(state, bound, padded, null, Enumerable.Range(0, padded.Length).Select(i => i % 3).ToArray());
            target = 1;
        }
        else if (way == "selected")
        {
            state.EnsureGroups(1);
            string[] padded = values.SelectMany(value => new[] { values[0], value }).ToArray();
            Update(state, bound, padded, Enumerable.Range(0, values.Length).Select(i => (i * 2) + 1).ToArray(), null);
        }
        else if (way == "whole")
        {
            state.EnsureGroups(1);
            Update(state, bound, values, null, null);
        }
        else
        {
            int half = way == "combined" ? values.Length / 2 : 0;
            state.EnsureGroups(2);
            Update(state, bound, values[..half], null, Enumerable.Repeat(1, half).ToArray());
            AggregateState other = bound.CreateState(new MemoryAccount("test", long.MaxValue));
            other.EnsureGroups(1);
            Update(other, bound, values[half..], null, null);
            state.Combine(other, [1]);
            target = 1;
        }

        var result = new Vector(bound.ReturnType.Physical);
        state.Emit(target, 1, result);
        if (!result.IsValid(0))
        {
            return "NULL";
        }

        var output = new ArrayBufferWriter<byte>();
        new TextOutput(bound.ReturnType, new TestStatementContext()).Write(result, 0, output);
        return "=" + Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void Update(AggregateState state, BoundAggregate bound, string[] values, int[]? selection, int[]? groups)
    {
        var vectors = new Vector[bound.ArgumentTypes.Count];
        for (int argument = 0; argument < vectors.Length; argument++)
        {
            SqlType type = bound.ArgumentTypes[argument];
            var vector = new Vector(type.Physical);
            var input = new TextInput(type, DateTimeClock.Fixed);
            vector.BeginWrite();
            for (int i = 0; i < values.Length; i++)
            {
                string text = vectors.Length == 1 ? values[i] : values[i].Split(';')[argument];
                if (text == "\\N")
                {
                    vector.SetNull(i);
                }
                else
                {
                    input.Parse(Encoding.UTF8.GetBytes(text), vector, i);
                }
            }

            input.End(vector);
            vectors[argument] = vector;
        }

        state.Update(new KernelArguments
        {
            Vectors = vectors,
            Selection = selection,
            HasSelection = selection is not null,
            Count = selection?.Length ?? values.Length,
            Statement = new TestStatementContext(),
            State = new KernelState(),
        }, groups);
    }

    private static string Result(Func<string> evaluate)
    {
        try
        {
            return evaluate();
        }
        catch (PhantomDbException error)
        {
            return "!" + error.SqlState;
        }
    }
}
