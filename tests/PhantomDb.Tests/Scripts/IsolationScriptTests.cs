using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests.Engine;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Scripts;

/// <summary>Runs the scripts of tests/isolation: sessions that take turns, each line with its outcome.</summary>
[TestClass]
public sealed class IsolationScriptTests
{
    public static IEnumerable<object[]> Files => Directory.GetFiles(Path.Combine(RepositoryPaths.Root, "tests", "isolation"), "*.txt")
        .Order().Select(path => new object[] { Path.GetFileNameWithoutExtension(path) });

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void Sessions_that_take_turns_get_what_the_script_says(string name)
    {
        string[] lines = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "tests", "isolation", name + ".txt"));
        int sectionCount = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("== ", StringComparison.Ordinal))
            {
                sectionCount++;
                string[] section = [.. lines.Skip(i + 1).TakeWhile(line => !line.StartsWith("== ", StringComparison.Ordinal))];
                string[] words = lines[i][3..].Split(',', StringSplitOptions.TrimEntries);
                foreach (string level in words.Contains("PostgreSQL") ? [] : words.Where(word => word != "PhantomDB"))
                {
                    using var run = new SectionRun(level);
                    for (int line = 0; line < section.Length; line++)
                    {
                        if (section[line].Length > 0 && !section[line].StartsWith('#'))
                        {
                            run.Line(section[line], $"{name}.txt:{i + line + 2} ({level}): {section[line]}");
                        }
                    }
                }
            }
        }
        Assert.IsGreaterThan(0, sectionCount);
    }

    private sealed class SectionRun : IDisposable
    {
        private readonly Database _database = Database.CreateInMemory();
        private readonly Dictionary<string, Session> _sessions = [];
        private readonly Dictionary<string, Task<string>> _waiting = [];
        private readonly string _level;

        public SectionRun(string level)
        {
            _level = level;
            using Session session = _database.OpenSession();
            Run(session, "CREATE TABLE test (id int PRIMARY KEY, value int)");
            Run(session, "INSERT INTO test VALUES (1, 10), (2, 20)");
        }

        public void Line(string line, string place)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string name = line[..colon];
            int arrow = line.IndexOf("->", StringComparison.Ordinal);
            string sql = (arrow < 0 ? line[(colon + 1)..] : line[(colon + 1)..arrow]).Trim();
            string expected = arrow < 0 ? "" : line[(arrow + 2)..].Trim();
            if (!_sessions.TryGetValue(name, out Session? session))
            {
                _sessions.Add(name, session = _database.OpenSession());
                Assert.AreEqual("", Run(session, $"BEGIN ISOLATION LEVEL {_level}"));
            }
            if (expected == "blocks")
            {
                _waiting.Add(name, RunBlocked(session, sql, place));
                return;
            }
            string outcome;
            if (sql.Length > 0)
            {
                Task<string> task = Task.Factory.StartNew(() => Run(session, sql), TaskCreationOptions.LongRunning);
                if (!task.Wait(TimeSpan.FromSeconds(20)))
                {
                    session.Cancel();
                    Assert.Fail($"{place}: waits");
                }
                outcome = task.Result;
            }
            else
            {
                Assert.IsTrue(_waiting.Remove(name, out Task<string>? task), place);
                Assert.IsTrue(task.Wait(TimeSpan.FromSeconds(30)), $"{place}: still waits");
                outcome = task.Result;
            }
            Assert.AreEqual(expected, outcome, place);
        }

        public void Dispose()
        {
            foreach (Session session in _sessions.Values.Where(s => !_waiting.ContainsKey(_sessions.First(e => e.Value == s).Key)))
            {
                session.Dispose();
            }
            Task.WaitAll([.. _waiting.Values], TimeSpan.FromSeconds(10));
            _database.Dispose();
        }
    }
}
