using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Nacre.KeyBroker.Audit;

/// <summary>
/// The chain that one process writes: segment files that only grow. What was flushed is never touched again; bytes of a group that could
/// not
/// be written are cut off before the next is tried. Not thread-safe but for its head: <see cref="AuditLog"/> is the one writer.
/// </summary>
internal sealed class AuditChain : IDisposable
{
    /// <summary>Held by the process that sends the chain elsewhere, which need not be the one that writes it.</summary>
    public const string ExportLock = "export";

    private const int ChainIdBytes = 8;

    private readonly string _directory;
    private readonly long _maxSegmentBytes;
    private readonly FileStream _lock;
    private SafeFileHandle? _file;
    private long _length;
    private AuditHead _head = AuditHead.Start;
    private bool _hasLoose;

    private AuditChain(string directory, string id, FileStream @lock, long maxSegmentBytes) =>
        (_directory, Id, _lock, _maxSegmentBytes) = (directory, id, @lock, maxSegmentBytes);

    public string Id { get; }

    /// <summary>After the last line that was flushed.</summary>
    public AuditHead Head
    {
        get => Volatile.Read(ref _head);
        private set => Volatile.Write(ref _head, value);
    }

    /// <summary>Bytes of a line that was never finished, found when the chain was opened; they are cut off with the first group.</summary>
    public byte[] Torn { get; private set; } = [];

    public bool IsNew => Head.Sequence == 0;

    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(ChainIdBytes));

    /// <summary>Null when another process writes it, or has the other lock that is asked for.</summary>
    public static FileStream? TryLock(string directory, string chain, string kind = "lock")
    {
        var path = Path.Combine(directory, $"{chain}.{kind}");
        try
        {
            // The framework holds an advisory lock on a file that is shared with nobody; it ends with the process.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Goes on with a chain that no process writes, or begins one.</summary>
    /// <param name="directory">Of the segments.</param>
    /// <param name="anchors">What the store says of each chain.</param>
    /// <param name="maxSegmentBytes">From this size on a new segment is begun.</param>
    /// <param name="damage">Gets what is wrong with chains that are left alone.</param>
    public static AuditChain TakeOrBegin(
        string directory, IReadOnlyDictionary<string, AuditHead> anchors, long maxSegmentBytes, List<string> damage)
    {
        foreach (var id in AuditSegment.List(directory).Select(segment => segment.Chain).Distinct())
        {
            if (TryLock(directory, id) is not { } held)
                continue;

            try
            {
                return Open(directory, id, held, anchors.GetValueOrDefault(id), maxSegmentBytes);
            }
            catch (AuditDamageException e)
            {
                // Evidence of what was done to it: it stays as it is, and another chain is begun.
                held.Dispose();
                damage.Add(e.Message);
            }
        }

        var fresh = NewId();
        return Open(directory, fresh, TryLock(directory, fresh)!, null, maxSegmentBytes);
    }

    /// <summary>Takes over the lock, and goes on where the chain ends.</summary>
    /// <param name="directory">Of the segments.</param>
    /// <param name="chain">Its id.</param>
    /// <param name="lock">From <see cref="TryLock"/>.</param>
    /// <param name="anchor">What the store says of it; null when it says nothing.</param>
    /// <param name="maxSegmentBytes">From this size on a new segment is begun.</param>
    /// <exception cref="AuditDamageException">It does not end as it was written; it must not be written to. The lock stays the
    /// caller's.</exception>
    public static AuditChain Open(string directory, string chain, FileStream @lock, AuditHead? anchor, long maxSegmentBytes)
    {
        var opened = new AuditChain(directory, chain, @lock, maxSegmentBytes);
        opened.FindEnd([.. AuditSegment.List(directory).Where(segment => segment.Chain == chain)], anchor);
        return opened;
    }

    /// <summary>Adds lines and flushes them; when this returns they are on disk, when it throws none of them counts.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Append(IReadOnlyList<Action<Utf8JsonWriter>> lines)
    {
        var buffer = new ArrayBufferWriter<byte>(512 * (lines.Count + 1));
        var head = Head;
        var isRotation = _file is null || _length >= _maxSegmentBytes;
        var segment = head.Segment + (isRotation ? 1 : 0);
        if (isRotation)
            head = AuditLine.Append(buffer, head, segment, writer => WriteSegment(writer, segment));
        foreach (var line in lines)
            head = AuditLine.Append(buffer, head, segment, line);

        if (isRotation)
            Rotate(segment, buffer.WrittenSpan);
        else
            Grow(segment, buffer.WrittenSpan);
        Head = head;
        Torn = [];
    }

    public void Dispose()
    {
        _file?.Dispose();
        _lock.Dispose();
    }

    private void Grow(int segment, ReadOnlySpan<byte> bytes)
    {
        if (!File.Exists(new AuditSegment(_directory, Id, segment).FullPath))
            throw new IOException("the segment that is written was removed");
        if (_hasLoose)
            RandomAccess.SetLength(_file!, _length);
        else if (RandomAccess.GetLength(_file!) != _length)
            throw new IOException("the segment that is written was changed by somebody else");

        _hasLoose = true;
        RandomAccess.Write(_file!, bytes, _length);
        RandomAccess.FlushToDisk(_file!);
        _length += bytes.Length;
        _hasLoose = false;
    }

    private void Rotate(int segment, ReadOnlySpan<byte> bytes)
    {
        // A file of this number can only be left of a try that failed: nothing in it was acknowledged.
        var path = new AuditSegment(_directory, Id, segment).FullPath;
        var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        try
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, bytes, 0);

            // On the file systems of Linux this flushes the name of a new file with it.
            RandomAccess.FlushToDisk(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _file?.Dispose();
        (_file, _length, _hasLoose) = (file, bytes.Length, false);
    }

    private void WriteSegment(Utf8JsonWriter writer, int segment)
    {
        writer.WriteString("action", AuditLine.SegmentAction);
        writer.WriteString("chain", Id);
        writer.WriteNumber("segment", segment);
        writer.WriteString("prev", Convert.ToHexStringLower(Head.Hash));
    }

    private void FindEnd(IReadOnlyList<AuditSegment> segments, AuditHead? anchor)
    {
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            var segment = segments[i];
            var content = segment.ReadAll();
            AuditHead? anchored = null;
            var (head, whole) = segment.Walk(content, null, (at, _) => anchored = at.Sequence == anchor?.Sequence ? at : anchored);

            // Without a whole line it was begun and never written; the next group begins it again.
            if (whole == 0)
                continue;
            if (anchor is not null && (head.Sequence < anchor.Sequence || anchored is not null && !anchored.IsSame(anchor)))
                throw new AuditDamageException(segment.FileName, 1, $"the store knows {anchor}, which is not here");

            Head = head;
            Torn = i == segments.Count - 1 ? content[whole..] : [];
            _file = File.OpenHandle(segment.FullPath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            (_length, _hasLoose) = (whole, content.Length > whole);
            return;
        }

        if (anchor is not null)
            throw new AuditDamageException($"{Id}-000001.jsonl", 1, $"the store knows {anchor}, and there is no segment");
    }
}
