using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace PhantomDb.Execution.Explain;

/// <summary>A plan as JSON, with PostgreSQL's names.</summary>
internal static class PlanJsonWriter
{
    /// <param name="root">The plan.</param>
    /// <param name="view">What of it is written.</param>
    /// <param name="planningMs">Time for planning; NaN leaves it out.</param>
    /// <param name="executionMs">Time for running; NaN leaves it out.</param>
    public static string Write(PlanNode root, ExplainView view, double planningMs, double executionMs)
    {
        ArrayBufferWriter<byte> bytes = new();
        JsonWriterOptions options = new() { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (Utf8JsonWriter json = new(bytes, options))
        {
            json.WriteStartArray();
            json.WriteStartObject();
            json.WritePropertyName("Plan");
            Write(root, "", view, json);
            WriteTime(json, "Planning Time", planningMs);
            WriteTime(json, "Execution Time", executionMs);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static void Write(PlanNode node, string relationship, ExplainView view, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("Node Type", node.Type);
        if (relationship.Length > 0)
        {
            json.WriteString("Parent Relationship", relationship);
        }
        WriteAll(json, node.Facts);
        if (view.ShowsCosts && !double.IsNaN(node.Cost.Total))
        {
            WriteNumber(json, "Startup Cost", node.Cost.Startup, "0.00");
            WriteNumber(json, "Total Cost", node.Cost.Total, "0.00");
            WriteNumber(json, "Plan Rows", node.Cost.Rows, "0");
            json.WriteNumber("Plan Width", node.Cost.Width);
        }
        if (node.Actual is { } actual)
        {
            long loops = Math.Max(1, actual.Loops);
            if (view.ShowsTimes)
            {
                WriteNumber(json, "Actual Total Time", actual.Milliseconds / loops, "0.000");
            }
            json.WriteNumber("Actual Rows", actual.Rows / loops);
            json.WriteNumber("Actual Loops", actual.Loops);
        }
        WriteAll(json, node.Details);
        if (node.Children.Count > 0)
        {
            json.WriteStartArray("Plans");
            for (int i = 0; i < node.Children.Count; i++)
            {
                string side = node.Children[i].Label.Length > 0 ? "InitPlan" : node.Children.Count == 2 && i == 1 ? "Inner" : "Outer";
                Write(node.Children[i], side, view, json);
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void WriteAll(Utf8JsonWriter json, IReadOnlyList<(string Name, object Value)> values)
    {
        foreach ((string name, object value) in values)
        {
            switch (value)
            {
                case string text:
                    json.WriteString(name, text);
                    break;
                case IEnumerable<string> list:
                    json.WriteStartArray(name);
                    foreach (string text in list)
                    {
                        json.WriteStringValue(text);
                    }
                    json.WriteEndArray();
                    break;
                default:
                    json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
            }
        }
    }

    private static void WriteTime(Utf8JsonWriter json, string name, double milliseconds)
    {
        if (!double.IsNaN(milliseconds))
        {
            WriteNumber(json, name, milliseconds, "0.000");
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double value, string format)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value.ToString(format, CultureInfo.InvariantCulture));
    }
}
