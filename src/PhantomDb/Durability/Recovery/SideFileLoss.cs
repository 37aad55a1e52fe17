namespace PhantomDb.Durability.Recovery;

/// <summary>What cannot be saved of a side file, for people, and which file that is.</summary>
internal readonly record struct SideFileLoss(string Path, string What);
