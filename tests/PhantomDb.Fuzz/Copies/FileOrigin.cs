using PhantomDb.Durability;
using PhantomDb.Durability.Log;

namespace PhantomDb.Fuzz.Copies;

/// <summary>What a file has, which the fuzzer knows since it saw it being written.</summary>
/// <param name="Revision">The last one that it has anything of.</param>
internal abstract record FileOrigin(Revision Revision);

/// <summary>The database file or a snapshot: all of a revision.</summary>
internal sealed record ContentOrigin(Revision Revision, FileHeader Header) : FileOrigin(Revision);

/// <summary>A segment of the log: the commits up to a revision, from its first LSN on.</summary>
internal sealed record SegmentOrigin(Revision Revision, LogHeader Header) : FileOrigin(Revision);

/// <summary>A manifest: how far the log had come.</summary>
internal sealed record ManifestOrigin(Revision Revision, LogManifest Manifest) : FileOrigin(Revision);
