using System.Collections;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests;

namespace PhantomDb.Mutants;

/// <summary>
/// One test with one row of its data. Knows of MSTest what the tests here use: test methods, data rows, the context, clean-up, and classes that are
/// disposed. A test that another thread runs can be given up.
/// </summary>
internal sealed class TestCase(Type type, MethodInfo method, object?[] arguments, string name)
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);

    public string Name => name;

    /// <summary>The tests whose names (with namespace and class) contain one of some words, divided by bars, and none of those that begin with an exclamation mark.</summary>
    public static List<TestCase> Find(string words)
    {
        ILookup<bool, string> wanted = words.Split('|').ToLookup(word => word[0] != '!', word => word.TrimStart('!'));
        return
        [
            .. from type in typeof(RepositoryPathsTests).Assembly.GetTypes()
               where type.IsDefined(typeof(TestClassAttribute)) && !type.IsAbstract
               from method in type.GetMethods()
               let name = $"{type.FullName}.{method.Name}"
               where method.IsDefined(typeof(TestMethodAttribute)) && !method.IsDefined(typeof(IgnoreAttribute))
                   && wanted[true].Any(name.Contains) && !wanted[false].Any(name.Contains)
               from test in Rows(type, method, name)
               orderby test.Name
               select test,
        ];
    }

    private static IEnumerable<TestCase> Rows(Type type, MethodInfo method, string name)
    {
        ITestDataSource[] sources = [.. method.GetCustomAttributes().OfType<ITestDataSource>()];
        return sources.Length == 0
            ? [new TestCase(type, method, [], name)]
            : sources.SelectMany(source => source.GetData(method)).Select((row, number) => new TestCase(type, method, row, $"{name} #{number + 1}"));
    }

    /// <summary>Runs it; what it threw, null where it passed or was skipped, a <see cref="TimeoutException"/> where it goes on and on.</summary>
    public Exception? Run(TimeSpan timeMax)
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Run()) { IsBackground = true };
        thread.Start();
        for (int slices = 0; !thread.Join(Slice); slices++)   // not one long wait: a process that the system has stopped meanwhile is not late
        {
            if (slices > timeMax / Slice)
            {
                return new TimeoutException($"No end after {timeMax.TotalSeconds:0} s");
            }
        }
        return thrown;
    }

    // As MSTest passes them: defaults for what a row leaves out, and what is left of it as the array of a last parameter that is declared params.
    private object?[] Arguments()
    {
        ParameterInfo[] parameters = method.GetParameters();
        if (parameters.LastOrDefault() is { } last && last.IsDefined(typeof(ParamArrayAttribute)) && !(arguments.Length == parameters.Length && last.ParameterType.IsInstanceOfType(arguments[^1])))
        {
            object?[] rest = [.. arguments.Skip(parameters.Length - 1)];
            Array packed = Array.CreateInstance(last.ParameterType.GetElementType()!, rest.Length);
            rest.CopyTo(packed, 0);
            return [.. arguments.Take(parameters.Length - 1), packed];
        }
        return [.. arguments, .. parameters.Skip(arguments.Length).Select(parameter => parameter.DefaultValue)];
    }

    private Exception? Run()
    {
        try
        {
            object test = Activator.CreateInstance(type)!;
            try
            {
                type.GetProperty("TestContext")?.SetValue(test, new SilentContext());
                (method.Invoke(test, Arguments()) as Task)?.GetAwaiter().GetResult();
            }
            finally
            {
                foreach (MethodInfo cleanup in type.GetMethods().Where(candidate => candidate.IsDefined(typeof(TestCleanupAttribute))))
                {
                    cleanup.Invoke(test, null);
                }
                (test as IDisposable)?.Dispose();
            }
            return null;
        }
        catch (TargetInvocationException thrown)
        {
            return thrown.InnerException is AssertInconclusiveException ? null : thrown.InnerException;
        }
        catch (Exception thrown)
        {
            return thrown is AssertInconclusiveException ? null : thrown;
        }
    }

    private sealed class SilentContext : TestContext
    {
        public override IDictionary<string, object?> Properties { get; } = new Dictionary<string, object?>();

        public override void AddResultFile(string fileName)
        {
        }

        public override void DisplayMessage(MessageLevel messageLevel, string message)
        {
        }

        public override void Write(string? message)
        {
        }

        public override void Write(string format, params object?[] args)
        {
        }

        public override void WriteLine(string? message)
        {
        }

        public override void WriteLine(string format, params object?[] args)
        {
        }
    }
}
