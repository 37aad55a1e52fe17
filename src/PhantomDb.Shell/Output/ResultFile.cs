namespace PhantomDb.Shell.Output;

/// <summary>The file of one result. What was in it stays until there is something to take its place, or the result is known to have nothing: a statement that fails leaves it as it was.</summary>
internal sealed class ResultFile : WriteOnlyStream
{
    private readonly string _path;
    private readonly bool _isNew;
    private readonly FileStream _file;
    private bool _isBegun;

    public ResultFile(string path)
    {
        _path = ShellFiles.Expand(path);
        _isNew = !File.Exists(_path);
        _file = ShellFiles.OpenForResult(_path);
    }

    /// <summary>The result is whole, with what has been written, and be it nothing.</summary>
    public void Complete()
    {
        if (!_isBegun && _file.CanSeek && _file.Length > 0)
        {
            _file.SetLength(0);
        }
        _isBegun = true;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > 0)
        {
            Complete();
            _file.Write(buffer);
        }
    }

    public override void Flush() => _file.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            if (_isNew && !_isBegun)
            {
                File.Delete(_path);
            }
        }
        base.Dispose(disposing);
    }
}
