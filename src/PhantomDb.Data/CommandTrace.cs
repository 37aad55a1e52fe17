using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace PhantomDb.Data;

/// <summary>
/// One execution of a command or a batch, as OpenTelemetry's conventions for databases have it: an activity of the source "PhantomDB", and a measurement of db.client.operation.duration of
/// the meter of that name. There is none where nobody listens. It ends with the reader, whose rows are computed as they are read.
/// </summary>
/// <remarks>Names and meanings: OpenTelemetry semantic conventions for database client calls, 1.33. A text is shown only where its values are parameters.</remarks>
internal sealed class CommandTrace
{
    private const string SystemKey = "db.system.name", NamespaceKey = "db.namespace", OperationKey = "db.operation.name", ErrorKey = "error.type", StatusKey = "db.response.status_code";
    private const string SystemName = "phantomdb";
    private const string Batch = "BATCH";

    private static readonly string? Version = typeof(CommandTrace).Assembly.GetName().Version?.ToString(3);
    private static readonly ActivitySource? Source = Tell(static () => new ActivitySource("PhantomDB", Version));
    private static readonly Histogram<double>? Duration = Tell(static () => new Meter("PhantomDB", Version).CreateHistogram("db.client.operation.duration", "s",
        "Duration of database client operations.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.00001, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] }));

    private readonly Activity? _activity;
    private readonly string _database;
    private readonly string? _operation;   // null where the text begins with no word that is known: each misspelt one would be a time series of its own
    private readonly long _start = Stopwatch.GetTimestamp();
    private Exception? _error;

    private CommandTrace(string database, object command)
    {
        _database = database;
        _operation = command is PhantomDbCommand single ? FirstWord.Of(single.CommandText) : command is PhantomDbBulkCopy ? "INSERT" : Batch;
        _activity = Source?.StartActivity(_operation is null ? database : $"{_operation} {database}", ActivityKind.Internal, default(ActivityContext), Tags(command));
    }

    /// <summary>Null where nobody wants to know.</summary>
    public static CommandTrace? Begin(PhantomDbConnection connection, object command) =>
        Source?.HasListeners() == true || Duration?.Enabled == true ? BeginHeard(connection, command) : null;

    private static CommandTrace? BeginHeard(PhantomDbConnection connection, object command)
    {
        Activity? current = Activity.Current;
        CommandTrace? trace = Tell(() => new CommandTrace(connection.Database, command));
        Activity.Current = current;   // what the program does while it reads the rows is no part of it
        return trace;
    }

    public void Fail(Exception error) => _error ??= error;

    public void End()
    {
        TagList tags = new() { { SystemKey, SystemName }, { NamespaceKey, _database } };
        if (_operation is not null)
        {
            tags.Add(OperationKey, _operation);
        }
        if (_error is not null)
        {
            string? status = (_error as PhantomDbException)?.SqlState;
            string type = status ?? _error.GetType().FullName!;
            tags.Add(ErrorKey, type);
            _activity?.SetTag(ErrorKey, type);
            if (status is not null)
            {
                tags.Add(StatusKey, status);
                _activity?.SetTag(StatusKey, status);
            }
            _activity?.SetStatus(ActivityStatusCode.Error, _error.Message);
        }
        Tell(() =>
        {
            Duration?.Record(Stopwatch.GetElapsedTime(_start).TotalSeconds, tags);
            return this;
        });
        Tell(() =>
        {
            _activity?.Dispose();
            return this;
        });
    }

    // Does what calls listeners: what they throw is theirs, and the command has done what it has done.
    private static T? Tell<T>(Func<T> call)
        where T : class
    {
        try
        {
            return call();
        }
        catch (Exception)
        {
            return null;
        }
    }

    private IEnumerable<KeyValuePair<string, object?>> Tags(object command)
    {
        yield return new(SystemKey, SystemName);
        yield return new(NamespaceKey, _database);
        if (_operation is not null)
        {
            yield return new(OperationKey, _operation);
        }
        if (command is PhantomDbCommand { Parameters.Count: > 0 } single)
        {
            yield return new("db.query.text", single.CommandText);
        }
        else if (command is PhantomDbBatch { BatchCommands.Count: > 1 } batch)
        {
            yield return new("db.operation.batch.size", batch.BatchCommands.Count);
        }
    }
}
