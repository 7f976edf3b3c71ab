using Nacre.Images.Copy;
using Nacre.Images.Oci;

namespace Nacre.Images.Transports;

/// <summary>Says how many bytes of a blob went by, first and then once per mebibyte, and at the end that it was right.</summary>
/// <param name="inner">Ends only when all checks of the blob were made; owned.</param>
/// <param name="step">What the bytes mean.</param>
/// <param name="blob">Which blob.</param>
/// <param name="progress">Who wants to know.</param>
internal sealed class ProgressStream(Stream inner, ImageStep step, Descriptor blob, IProgress<ImageProgress>? progress) : ReadOnlyStream
{
    private const long Step = 1 << 20;
    private long _done;
    private long _said;
    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        _done += count;
        if (count == 0 && !buffer.IsEmpty && !_ended)
        {
            _ended = true;
            progress?.Report(new(ImageStep.Verified, blob.Digest, _done, blob.Size));
        }
        else if (_done - _said >= Step || (_said == 0 && count > 0))
        {
            _said = _done;
            progress?.Report(new(step, blob.Digest, _done, blob.Size));
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
