using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Antlr4.Runtime;
using Antlr4.Runtime.Atn;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;
using PhantomDb.Grammar;

namespace PhantomDb.Tests.Data;

/// <summary>Activities and durations of commands, after OpenTelemetry's conventions. Other tests run at the same time: a name of its own tells this database's.</summary>
[TestClass]
public sealed class CommandTraceTests : DataTest, IDisposable
{
    private readonly string _name = $"traced{Guid.NewGuid():N}";
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<Activity> _activities = [];
    private readonly ConcurrentQueue<(double Seconds, Dictionary<string, object?> Tags)> _durations = [];
    private readonly ActivityListener _activityListener;
    private readonly MeterListener _meterListener;
    private readonly PhantomDbConnection _connection;

    public CommandTraceTests()
    {
        _activityListener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "PhantomDB", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if ((string?)activity.GetTagItem("db.namespace") == _name)
                {
                    _activities.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(_activityListener);
        _meterListener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Meter.Name: "PhantomDB", Name: "db.client.operation.duration" })
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        _meterListener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            Dictionary<string, object?> all = new(tags.ToArray());
            if ((string?)all["db.namespace"] == _name)
            {
                _durations.Enqueue((value, all));
            }
        });
        _meterListener.Start();
        _connection = Open($"Data Source={_name};Data Directory={_folder.Path}");
    }

    public void Dispose()
    {
        _connection.Dispose();
        _activityListener.Dispose();
        _meterListener.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [TestMethod]
    [DataRow("measured")]
    [DataRow("started")]
    [DataRow("stopped")]
    public void What_a_listener_throws_is_no_error_of_the_command(string when)
    {
        int thrown = 0;
        using var activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "PhantomDB", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity => Throw("started", activity.GetTagItem("db.namespace")), ActivityStopped = activity => Throw("stopped", activity.GetTagItem("db.namespace")),
        };
        ActivitySource.AddActivityListener(activities);
        using var measurements = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument is { Meter.Name: "PhantomDB", Name: "db.client.operation.duration" })
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        measurements.SetMeasurementEventCallback<double>((_, _, tags, _) => Throw("measured", new Dictionary<string, object?>(tags.ToArray())["db.namespace"]));
        measurements.Start();
        Activity? before = Activity.Current;
        Run(_connection, "CREATE TABLE t (a int)");
        using (PhantomDbCommand insert = new("INSERT INTO t VALUES (1) RETURNING a", _connection))
        using (PhantomDbDataReader reader = insert.ExecuteReader())
        {
            Assert.IsTrue(reader.Read());
        }
        using (PhantomDbCommand count = new("SELECT count(*) FROM t", _connection))
        {
            Assert.AreEqual(1L, count.ExecuteScalar());
        }
        Assert.AreEqual(3, thrown);
        Assert.AreSame(before, Activity.Current);

        void Throw(string now, object? database)
        {
            if (now == when && (string?)database == _name)
            {
                thrown++;
                throw new InvalidOperationException();
            }
        }
    }

    [TestMethod]
    public void A_command_has_an_activity_and_a_duration_with_the_names_of_the_conventions()
    {
        Run(_connection, "-- made once\nCREATE TABLE t (a int PRIMARY KEY)");
        Run(_connection, "insert into t values ($1)", (null, 7));
        string[] expected =
        [
            $"CREATE {_name}|Internal|Unset|db.namespace={_name} db.operation.name=CREATE db.system.name=phantomdb",
            $"INSERT {_name}|Internal|Unset|db.namespace={_name} db.operation.name=INSERT db.query.text=insert into t values ($1) db.system.name=phantomdb",
        ];
        CollectionAssert.AreEqual(expected, Seen());
        CollectionAssert.AreEqual(new[] { "CREATE", "INSERT" }, _durations.Select(duration => duration.Tags["db.operation.name"]).ToArray());
        Assert.IsTrue(_durations.All(duration => duration.Seconds is > 0 and < 60));
        Assert.AreEqual("phantomdb", _durations.First().Tags["db.system.name"]);
    }

    [TestMethod]
    public void An_error_is_in_both_with_its_code()
    {
        Assert.ThrowsExactly<PhantomDbException>(() => Run(_connection, "SELECT 1 / 0"));
        Assert.ThrowsExactly<PhantomDbException>(() => Command(_connection, "SELECT nothing FROM nowhere").ExecuteReader());
        string[] expected =
        [
            $"SELECT {_name}|Internal|Error|db.namespace={_name} db.operation.name=SELECT db.response.status_code=22012 db.system.name=phantomdb error.type=22012",
            $"SELECT {_name}|Internal|Error|db.namespace={_name} db.operation.name=SELECT db.response.status_code=42P01 db.system.name=phantomdb error.type=42P01",
        ];
        CollectionAssert.AreEqual(expected, Seen());
        CollectionAssert.AreEqual(new[] { "22012", "42P01" }, _durations.Select(duration => duration.Tags["error.type"]).ToArray());
    }

    [TestMethod]
    public void A_reader_s_ends_when_it_is_closed_and_what_runs_meanwhile_is_no_part_of_it()
    {
        using Activity outer = new Activity("work of the program").Start();
        using (PhantomDbDataReader reader = Command(_connection, "SELECT generate_series(1, 3)").ExecuteReader())
        {
            Assert.AreSame(outer, Activity.Current);
            Assert.IsTrue(reader.Read());
            Assert.IsEmpty(_activities);
        }
        Assert.HasCount(1, _activities);
        Assert.AreSame(outer, Activity.Current);
        Assert.AreEqual(outer.SpanId, _activities.Single().ParentSpanId);
    }

    [TestMethod]
    public void A_row_that_fails_while_it_is_read_is_the_reader_s_error()
    {
        using (PhantomDbDataReader reader = Command(_connection, "SELECT 10 / (3 - a) FROM generate_series(1, 5000) AS g(a)").ExecuteReader())
        {
            Assert.ThrowsExactly<PhantomDbException>(() =>
            {
                while (reader.Read())
                {
                }
            });
        }
        Assert.AreEqual("22012", _activities.Single().GetTagItem("error.type"));
    }

    [TestMethod]
    public void A_batch_is_one_with_its_size()
    {
        using PhantomDbBatch batch = new(_connection) { BatchCommands = { new PhantomDbBatchCommand("SELECT 1"), new PhantomDbBatchCommand("SELECT 2") } };
        batch.ExecuteNonQuery();
        CollectionAssert.AreEqual(new[] { $"BATCH {_name}|Internal|Unset|db.namespace={_name} db.operation.batch.size=2 db.operation.name=BATCH db.system.name=phantomdb" }, Seen());
    }

    [TestMethod]
    [DataRow("/* a */ -- b\n /* c */select 1", "SELECT")]
    [DataRow("/* a /* b */ c */ select 1", "SELECT")]
    [DataRow("values (1)", "VALUES")]
    [DataRow("(SELECT 1)", null)]
    [DataRow("selec 1", null)]
    [DataRow("select2", null)]
    [DataRow("/* never ended", null)]
    public void An_operation_is_the_statement_s_first_word_where_statements_begin_with_it(string text, string? operation)
    {
        try
        {
            Run(_connection, text);
        }
        catch (PhantomDbException) when (operation is null)
        {
        }
        Activity activity = _activities.Single();
        Assert.AreEqual(operation, activity.GetTagItem("db.operation.name"));
        Assert.AreEqual(operation is null ? _name : $"{operation} {_name}", activity.DisplayName);
        Dictionary<string, object?> tags = _durations.Single().Tags;
        Assert.AreEqual(operation, tags.GetValueOrDefault("db.operation.name"));
        Assert.AreEqual(operation is not null, tags.ContainsKey("db.operation.name"));
    }

    [TestMethod]
    public void Every_word_with_which_the_grammar_lets_a_statement_begin_is_an_operation()
    {
        ATN grammar = new PhantomSqlParser(new CommonTokenStream(new ListTokenSource([]))).Atn;
        string[] words = [.. grammar.NextTokens(grammar.ruleToStartState[PhantomSqlParser.RULE_statement]).ToArray().Where(type => type < PhantomSqlLexer.EQUAL)
            .Select(type => PhantomSqlLexer.DefaultVocabulary.GetSymbolicName(type))];
        Assert.Contains("SELECT", words);
        Assert.AreEqual(string.Join(' ', words.Order(StringComparer.Ordinal)), string.Join(' ', FirstWord.OfStatements.Order(StringComparer.Ordinal)));
    }

    private string[] Seen() =>
        [.. _activities.Select(activity => $"{activity.DisplayName}|{activity.Kind}|{activity.Status}|{string.Join(' ', activity.TagObjects.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"))}")];
}
