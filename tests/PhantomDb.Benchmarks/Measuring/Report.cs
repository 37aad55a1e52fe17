using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using PhantomDb.Benchmarks.Engines;

namespace PhantomDb.Benchmarks.Measuring;

/// <summary>Prints each test when it is done as one line of a table, and writes all samples as JSON at the end if asked.</summary>
internal sealed class Report(Options options, TextWriter output)
{
    private const int NameWidth = 56;
    private const int FigureWidth = 12;

    private readonly List<Measurement> _measurements = [];
    private readonly List<(string Test, string Message)> _failures = [];
    private readonly List<(string Name, string Version)> _versions = [];

    public int FailureCount => _failures.Count;

    public IReadOnlyList<Measurement> Measurements => _measurements;

    /// <summary>The head of the table. The first side is the one that the others are compared with.</summary>
    public void Begin(string title, IReadOnlyList<(string Name, string Version)> sides)
    {
        _versions.Clear();
        _versions.AddRange(sides);
        output.WriteLine(title);
        output.WriteLine(
            $"{string.Join(", ", sides.Select(side => $"{side.Name} {side.Version}".TrimEnd()))}; .NET {Environment.Version}, " +
            $"{Environment.ProcessorCount} processors, load {LoadAverage()}; {options.RunCount} runs in turns");
        output.WriteLine($"medians, and how many times better {sides[0].Name} is (median, with minimum and maximum, of the rounds' ratios; above 1.00 it leads)");
        output.WriteLine();

        var line = new StringBuilder("test".PadRight(NameWidth));
        foreach ((string name, _) in sides)
        {
            line.Append(name.PadLeft(FigureWidth));
        }

        foreach ((string name, _) in sides.Skip(1))
        {
            line.Append("  ").Append($"against {name}".PadRight(24));
        }

        output.WriteLine(line.ToString().TrimEnd());
    }

    public void Add(Measurement measurement)
    {
        _measurements.Add(measurement);
        var line = new StringBuilder($"{measurement.Name} [{measurement.Unit}]".PadRight(NameWidth));
        for (int side = 0; side < measurement.Sides.Count; side++)
        {
            line.Append(Figure(measurement.Median(side)).PadLeft(FigureWidth));
        }

        for (int peer = 1; peer < measurement.Sides.Count; peer++)
        {
            (double min, double median, double max) = measurement.Ratio(peer);
            line.Append("  ").Append(string.Create(CultureInfo.InvariantCulture, $"{Factor(median)} ({Factor(min)} to {Factor(max)})").PadRight(24));
        }

        output.WriteLine(line.ToString().TrimEnd());
    }

    public void Fail(string test, string message)
    {
        _failures.Add((test, message));
        output.WriteLine($"{test.PadRight(NameWidth)}FAILED: {message}");
    }

    /// <summary>Measures where it was asked for. A test that one side cannot do is reported, and the others go on.</summary>
    public void Guard(Options options, string test, Action measure)
    {
        if (!options.Selects(test))
        {
            return;
        }

        try
        {
            measure();
        }
        catch (Exception exception) when (exception is not EngineUnavailableException)
        {
            Fail(test, exception.Message);
        }
    }

    public void Note(string text) => output.WriteLine(text);

    public void Finish()
    {
        output.WriteLine();
        output.WriteLine($"{_measurements.Count} tests measured, {_failures.Count} failed; load {LoadAverage()}");
        if (options.JsonPath is { } path)
        {
            using FileStream file = File.Create(path);
            WriteJson(file);
        }
    }

    /// <summary>Four significant digits, with k and M.</summary>
    public static string Figure(double value)
    {
        (double scaled, string suffix) = Math.Abs(value) switch
        {
            >= 999_950_000 => (value / 1e9, " G"),
            >= 999_950 => (value / 1e6, " M"),
            >= 9_999.5 => (value / 1e3, " k"),
            _ => (value, ""),
        };
        string format = Math.Abs(scaled) switch { >= 1000 => "0", >= 100 => "0.0", >= 10 => "0.00", _ => "0.000" };
        return scaled.ToString(format, CultureInfo.InvariantCulture) + suffix;
    }

    private static string Factor(double value) => value.ToString(value >= 100 ? "0" : "0.00", CultureInfo.InvariantCulture);

    private static string LoadAverage() =>
        File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private void WriteJson(Stream target)
    {
        using var json = new Utf8JsonWriter(target, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("command", options.Command);
        json.WriteString("time", DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteString("system", RuntimeInformation.OSDescription);
        json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteNumber("rows", options.RowCount);
        json.WriteNumber("scaleFactor", options.ScaleFactor);
        json.WriteNumber("threads", options.ThreadCount);
        json.WriteNumber("runs", options.RunCount);
        json.WriteStartObject("versions");
        foreach ((string name, string version) in _versions)
        {
            json.WriteString(name, version);
        }

        json.WriteEndObject();
        json.WriteStartArray("tests");
        foreach (Measurement measurement in _measurements)
        {
            WriteMeasurement(json, measurement);
        }

        json.WriteEndArray();
        json.WriteStartArray("failures");
        foreach ((string test, string message) in _failures)
        {
            json.WriteStartObject();
            json.WriteString("test", test);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMeasurement(Utf8JsonWriter json, Measurement measurement)
    {
        json.WriteStartObject();
        json.WriteString("test", measurement.Name);
        json.WriteString("unit", measurement.Unit);
        json.WriteString("better", measurement.Better == Better.Larger ? "larger" : "smaller");
        json.WriteStartObject("samples");
        for (int side = 0; side < measurement.Sides.Count; side++)
        {
            json.WriteStartArray(measurement.Sides[side]);
            Array.ForEach(measurement.Samples[side], value => WriteFinite(json, value));
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartObject("ratios");
        for (int peer = 1; peer < measurement.Sides.Count; peer++)
        {
            (double min, double median, double max) = measurement.Ratio(peer);
            json.WriteStartObject(measurement.Sides[peer]);
            json.WritePropertyName("min");
            WriteFinite(json, min);
            json.WritePropertyName("median");
            WriteFinite(json, median);
            json.WritePropertyName("max");
            WriteFinite(json, max);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>JSON has no infinity, which a ratio to nothing is.</summary>
    private static void WriteFinite(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
