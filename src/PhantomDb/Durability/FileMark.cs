namespace PhantomDb.Durability;

/// <summary>What tells a file from another one that has come under its name. What a system cannot tell is zero, and differs from nothing.</summary>
/// <param name="Length">Of the file; less than none: there is no file.</param>
internal readonly record struct FileMark(long Length, ulong Inode, ulong Device)
{
    /// <summary>Nothing is known: neither that there is a file nor that there is none.</summary>
    public static readonly FileMark Unknown = new(long.MinValue, 0, 0);

    public static readonly FileMark None = new(-1, 0, 0);

    public bool IsFile => Length >= 0;

    /// <summary>True where it is certain that the same file would have had another mark.</summary>
    public bool IsOther(FileMark later) =>
        this != Unknown && later != Unknown && (Length != later.Length || (Inode != 0 && later.Inode != 0 && (Inode, Device) != (later.Inode, later.Device)));
}
