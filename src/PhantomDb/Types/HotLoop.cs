using System.Runtime.CompilerServices;

namespace PhantomDb.Types;

/// <summary>
/// For methods that may be called once and then loop over a million rows: they are optimized when they are compiled first, not when they have been
/// called often. Where all is compiled ahead of the start (<c>PublishReadyToRun</c>) the option would leave out just these methods, to be compiled at the start; and what is
/// compiled ahead is optimized.
/// </summary>
internal static class HotLoop
{
#if COMPILED_AHEAD
    public const MethodImplOptions Options = default;
#else
    public const MethodImplOptions Options = MethodImplOptions.AggressiveOptimization;
#endif
}
