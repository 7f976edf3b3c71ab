using System.Security.Cryptography;
using Nacre.Images.References;
using Nacre.Images.Transports;

namespace Nacre.Images.Encryption;

/// <summary>Fails at the end unless what went by has the digest that the encrypting side noted.</summary>
internal sealed class DigestStream(Stream inner, Digest expected, string where) : ReadOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(expected.HashName);
    private bool _verified;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _verified)
            return 0;

        var count = await inner.ReadAsync(buffer, cancellationToken);
        if (count > 0)
        {
            _hash.AppendData(buffer.Span[..count]);
            return count;
        }

        var found = Digest.Of(expected.HashName, _hash.GetHashAndReset());
        if (found != expected)
        {
            throw new ImageException(ImageFault.DigestMismatch, $"decrypted blob: expected {expected}, found {found}", where,
                "the layer was put together from two images; push the image again");
        }

        _verified = true;
        return 0;
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
