using System.Text;

namespace PhantomDb.Fuzz.Running;

/// <summary>Notes what the process is at, where another process finds it when this one has died. Keeps the last note only.</summary>
public sealed class Journal(string? path) : IDisposable
{
    private readonly FileStream? _file = path is null ? null : new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

    public static Journal None { get; } = new(null);

    public void Note(string text)
    {
        if (_file is null)
        {
            return;
        }
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        RandomAccess.Write(_file.SafeFileHandle, bytes, 0);
        RandomAccess.SetLength(_file.SafeFileHandle, bytes.Length);
    }

    public void Dispose() => _file?.Dispose();
}
