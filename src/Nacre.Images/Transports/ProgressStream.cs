using Nacre.Images.Copy;
using Nacre.Images.Oci;

namespace Nacre.Images.Transports;

/// <summary>Says how many bytes of a blob went by, once per mebibyte and at the end.</summary>
internal sealed class ProgressStream(Stream inner, string step, Descriptor blob, IProgress<ImageProgress>? progress) : ReadOnlyStream
{
    private const long Step = 1 << 20;
    private long _done;
    private long _said;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        _done += count;
        if (progress is not null && (_done - _said >= Step || (count == 0 && _said != _done)))
        {
            _said = _done;
            progress.Report(new(step, blob.Digest, _done, blob.Size));
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
