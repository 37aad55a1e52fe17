using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace PhantomDb.Orders;

/// <summary>The meter "PhantomDB" as lines of text, "name value" each: what an exporter of OpenTelemetry would do.</summary>
internal sealed class MetricsPage : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, double> _values = new();

    public MetricsPage()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "PhantomDB")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Take(instrument, value));
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Take(instrument, value));
        _listener.Start();
    }

    public string Text()
    {
        _listener.RecordObservableInstruments();
        return string.Concat(_values.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Key} {value.Value}\n")));
    }

    public void Dispose() => _listener.Dispose();

    // Of a histogram how often it was measured, of all else the value.
    private void Take(Instrument instrument, double value)
    {
        if (instrument is Histogram<double>)
        {
            _values.AddOrUpdate(instrument.Name + ".count", 1, (_, count) => count + 1);
        }
        else
        {
            _values[instrument.Name] = value;
        }
    }
}
