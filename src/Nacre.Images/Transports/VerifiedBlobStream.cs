using System.Security.Cryptography;
using Nacre.Images.Oci;
using Nacre.Images.References;

namespace Nacre.Images.Transports;

/// <summary>
/// Hands on the bytes of a blob and, at the end, fails unless size and digest are those of the descriptor. What was read before the end
/// is not yet to be believed.
/// </summary>
public sealed class VerifiedBlobStream(Stream inner, Descriptor descriptor, string where) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(descriptor.Digest.HashName);
    private long _read;
    private bool _verified;

    /// <summary>True once the end was reached and all was right.</summary>
    public bool Verified => _verified;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _verified)
            return 0;

        var count = await inner.ReadAsync(buffer, cancellationToken);
        _read += count;
        if (_read > descriptor.Size)
        {
            throw new ImageException(ImageFault.DigestMismatch, $"blob {descriptor.Digest} is longer than the {descriptor.Size} bytes of its descriptor",
                where, "the registry or its storage was changed; push the image again and find out who changed it");
        }

        if (count == 0)
            Verify();
        else
            _hash.AppendData(buffer.Span[..count]);
        return count;
    }

    private void Verify()
    {
        if (_read != descriptor.Size)
        {
            throw new ImageException(ImageFault.DigestMismatch, $"blob {descriptor.Digest} ends after {_read} of {descriptor.Size} bytes",
                where, "the registry's storage is damaged; push the image again");
        }

        var found = Digest.Of(descriptor.Digest.HashName, _hash.GetHashAndReset());
        if (found != descriptor.Digest)
        {
            throw new ImageException(ImageFault.DigestMismatch, $"blob digest: expected {descriptor.Digest}, found {found}",
                where, "the registry or its storage was changed; push the image again and find out who changed it");
        }

        _verified = true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
