using System.Diagnostics.Tracing;
using System.Globalization;
using System.Reflection;

namespace PhantomDb.StartProfile;

/// <summary>Hears from the runtime of each method that it compiles.</summary>
internal sealed class CompiledMethods : EventListener
{
    private const EventKeywords Jit = (EventKeywords)0x10;
    private const int IdField = 0, FlagsField = 5;
    private const long IsDynamic = 1;

    private readonly HashSet<nint> _ids = [];

    /// <summary>All of them so far. The methods of shared generic code have System.__Canon in the place of classes.</summary>
    public IReadOnlyList<MethodBase> Stop()
    {
        DisableEvents(EventSource.GetSources().First(IsRuntime));
        lock (_ids)
        {
            return [.. _ids.Select(MethodOf).OfType<MethodBase>()];
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (IsRuntime(eventSource))
        {
            EnableEvents(eventSource, EventLevel.Verbose, Jit);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData is { EventName: { } name, Payload: { Count: > FlagsField } fields } && name.StartsWith("MethodLoadVerbose", StringComparison.Ordinal)
            && (Convert.ToInt64(fields[FlagsField], CultureInfo.InvariantCulture) & IsDynamic) == 0)
        {
            lock (_ids)
            {
                _ids.Add((nint)Convert.ToInt64(fields[IdField], CultureInfo.InvariantCulture));
            }
        }
    }

    private static bool IsRuntime(EventSource source) => source.Name == "Microsoft-Windows-DotNETRuntime";

    // Reflection's public way from a handle to a method refuses those of generic types, of which the handle alone does not say which one is meant: here it does.
    private static MethodBase? MethodOf(nint id)
    {
        object info = typeof(RuntimeMethodHandle).GetMethod("GetMethodInfo", BindingFlags.NonPublic | BindingFlags.Instance)!.Invoke(RuntimeMethodHandle.FromIntPtr(id), null)!;
        return (MethodBase?)Type.GetType("System.RuntimeType")!.GetMethods(BindingFlags.NonPublic | BindingFlags.Static)
            .Single(method => method.Name == "GetMethodBase" && method.GetParameters().Length == 1).Invoke(null, [info]);
    }
}
