using System.Reflection;

namespace PhantomDb.Mutants;

/// <summary>The class that Stryker puts into the assembly that it changes: which mutant is in force, and which ones were reached.</summary>
internal static class MutantControl
{
    private const int NoMutant = -1;

    private static readonly Type Control = typeof(Database).Assembly.GetTypes().SingleOrDefault(type => type.Name == nameof(MutantControl))
        ?? throw new InvalidOperationException($"{typeof(Database).Assembly.Location} is not an assembly that Stryker has changed.");

    private static readonly FieldInfo ActiveMutant = Control.GetField("ActiveMutant")!;
    private static readonly FieldInfo CaptureCoverage = Control.GetField("CaptureCoverage")!;
    private static readonly MethodInfo GetCoverageData = Control.GetMethod("GetCoverageData")!;

    public static void Activate(int? mutant) => ActiveMutant.SetValue(null, mutant ?? NoMutant);

    /// <summary>Runs something as it is without any mutant, and tells which ones it reached, and which of these while a static field got its value.</summary>
    public static (int[] All, int[] Static) Reached(Action action)
    {
        CaptureCoverage.SetValue(null, true);
        action();
        CaptureCoverage.SetValue(null, false);
        var reached = (IList<int>[])GetCoverageData.Invoke(null, null)!;
        return ([.. reached[0]], [.. reached[1]]);
    }
}
