namespace PhantomDb.Fuzz.Crash;

/// <summary>
/// One file of a <see cref="SimulatedDisk"/>: what programs see, what is on the disk for certain, and the changes between
/// the two. It knows no names. Its disk's lock guards it.
/// </summary>
internal sealed class SimulatedFile
{
    private readonly List<Change> _pending = [];
    private byte[] _bytes = [];
    private byte[] _durable = [];
    private bool _hasGivenUp;   // a flush has failed: what it could not write counts as written from then on

    public long Length { get; private set; }

    public DateTime WrittenAt { get; set; }

    /// <summary>True where a crash may lose something.</summary>
    public bool IsDirty => _pending.Count > 0 || _hasGivenUp;

    private ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, (int)Length);

    public static SimulatedFile Of(byte[] bytes) => new() { _bytes = bytes, _durable = bytes, Length = bytes.Length };

    public int Read(long offset, Span<byte> buffer)
    {
        int count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        _bytes.AsSpan((int)Math.Min(offset, Length), count).CopyTo(buffer);
        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }
        int end = (int)offset + bytes.Length;
        if (end > _bytes.Length || ReferenceEquals(_bytes, _durable))
        {
            byte[] larger = new byte[Math.Max(end, (int)Length * 2)];
            Bytes.CopyTo(larger);
            _bytes = larger;
        }
        bytes.CopyTo(_bytes.AsSpan((int)offset));
        Length = Math.Max(Length, end);
        _pending.Add(new Change((int)offset, bytes.ToArray()));
    }

    public void Truncate(long length)
    {
        if (length == Length)
        {
            return;
        }
        _bytes = Bytes[..(int)length].ToArray();
        Length = length;
        _pending.Add(new Change((int)length, null));
    }

    /// <summary>All changes since the last flush are on the disk; not those that a failed one has given up on.</summary>
    public void Flush()
    {
        _durable = _hasGivenUp ? Apply(_durable, _pending) : Bytes.ToArray();
        _pending.Clear();
    }

    /// <summary>A flush fails as Linux has it: some changes got there, the others never will, and programs go on seeing all of them.</summary>
    public void FailFlush(Random random)
    {
        _durable = Image(CrashProfile.Posix4096, random);
        _pending.Clear();
        _hasGivenUp = true;
    }

    /// <summary>The content after a loss of power.</summary>
    public byte[] Image(CrashProfile profile, Random random) => profile switch
    {
        CrashProfile.ProcessKilled => Bytes.ToArray(),
        CrashProfile.NamesLost => Apply(_durable, _pending),
        CrashProfile.AllLost or CrashProfile.ContentsLost => _durable,
        CrashProfile.Posix512 => AnySubset(512, random),
        CrashProfile.Posix4096 => AnySubset(4096, random),
        CrashProfile.Ordered => Beginning(random),
        CrashProfile.ZeroedTails => ZeroedTail(random),
        _ => throw new ArgumentOutOfRangeException(nameof(profile)),
    };

    private static byte[] Apply(byte[] bytes, IEnumerable<Change> changes)
    {
        foreach (Change change in changes)
        {
            int length = change.Bytes is null ? change.Offset : Math.Max(bytes.Length, change.End);
            byte[] next = new byte[length];
            bytes.AsSpan(0, Math.Min(length, bytes.Length)).CopyTo(next);
            change.Bytes?.CopyTo(next, change.Offset);
            bytes = next;
        }
        return bytes;
    }

    // The length is that after one of the changes, and each sector has what it had after one of them, any.
    private byte[] AnySubset(int sectorSize, Random random)
    {
        if (_pending.Count == 0)
        {
            return _durable;
        }
        int[] lengths = Lengths();
        int length = lengths[random.Next(lengths.Length)];
        byte[] image = new byte[lengths.Max()];
        _durable.CopyTo(image, 0);
        int mood = random.Next(3);   // most runs lose few or many sectors: even odds would tear each of them alike
        int[] versions = new int[(image.Length / sectorSize) + 1];
        for (int i = 0; i < versions.Length; i++)
        {
            versions[i] = mood switch
            {
                0 => random.Next(4) == 0 ? random.Next(_pending.Count + 1) : _pending.Count,
                1 => random.Next(4) == 0 ? random.Next(_pending.Count + 1) : 0,
                _ => random.Next(_pending.Count + 1),
            };
        }
        for (int i = 0; i < _pending.Count; i++)
        {
            (int from, int end) = (_pending[i].Offset, _pending[i].Bytes is null ? image.Length : _pending[i].End);
            for (int sector = from / sectorSize; from < end; sector++)
            {
                int until = Math.Min((sector + 1) * sectorSize, end);
                if (versions[sector] > i)
                {
                    Span<byte> target = image.AsSpan(from, until - from);
                    if (_pending[i].Bytes is { } bytes)
                    {
                        bytes.AsSpan(from - _pending[i].Offset, target.Length).CopyTo(target);
                    }
                    else
                    {
                        target.Clear();
                    }
                }
                from = until;
            }
        }
        return image[..length];
    }

    // Some of the changes, in their order, and a beginning of the next one.
    private byte[] Beginning(Random random)
    {
        int count = random.Next(_pending.Count + 1);
        byte[] image = Apply(_durable, _pending.Take(count));
        if (count == _pending.Count || _pending[count].Bytes is not { } bytes)
        {
            return image;
        }
        return Apply(image, [new Change(_pending[count].Offset, bytes[..random.Next(bytes.Length + 1)])]);
    }

    private byte[] ZeroedTail(Random random)
    {
        byte[] image = [.. Apply(_durable, _pending)];
        int from = _pending.Count == 0 ? image.Length : Math.Min(image.Length, _pending.Min(change => change.Offset));
        int kept = random.Next(from, image.Length + 1);
        image.AsSpan(random.Next(2) == 0 ? kept : Math.Min(image.Length, (kept + 511) / 512 * 512)).Clear();
        return image;
    }

    private int[] Lengths()
    {
        int[] lengths = new int[_pending.Count + 1];
        lengths[0] = _durable.Length;
        for (int i = 0; i < _pending.Count; i++)
        {
            lengths[i + 1] = _pending[i].Bytes is null ? _pending[i].Offset : Math.Max(lengths[i], _pending[i].End);
        }
        return lengths;
    }

    /// <summary>Bytes written at an offset; null: the file was cut there.</summary>
    private sealed record Change(int Offset, byte[]? Bytes)
    {
        public int End => Offset + (Bytes?.Length ?? 0);
    }
}
