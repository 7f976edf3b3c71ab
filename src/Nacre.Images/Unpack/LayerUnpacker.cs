using System.IO.Compression;
using System.Security.Cryptography;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Transports;
using Nacre.Linux.Compression;

namespace Nacre.Images.Unpack;

/// <summary>
/// One layer in one pass: verified and decrypted bytes in, decompressed, hashed for the diff_id, written to the staged root. When
/// <see cref="UnpackAsync"/> returns, MAC, digest and diff_id were right.
/// </summary>
internal sealed class LayerUnpacker(RootfsBuilder rootfs)
{
    public async ValueTask UnpackAsync(Stream verified, LayerCompression compression, Digest diffId, string where, CancellationToken cancel)
    {
        await using var compressed = new ReadAheadStream(verified);
        await using var plain = compression switch
        {
            LayerCompression.Gzip => new GZipStream(compressed, CompressionMode.Decompress, leaveOpen: true),
            LayerCompression.Zstd => new ZstdStream(compressed),
            _ => (Stream)compressed,
        };
        await using var buffered = new DiffIdStream(plain, compressed, rootfs.Budget, diffId, where);
        try
        {
            await rootfs.ApplyAsync(buffered, where, cancel);
            // After the archive: padding, and whatever follows the compressed data, so that every check at an end is made.
            await DrainAsync(buffered, cancel);
            await DrainAsync(compressed, cancel);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            // Damaged data and a changed layer look the same here; the checks at the end tell which it is.
            await DrainAsync(compressed, cancel);
            throw new ImageException(ImageFault.Malformed, $"the layer cannot be read: {e.Message}", where, "build the image again", e);
        }
        catch (ImageException e) when (e.Fault is ImageFault.Malformed or ImageFault.UnsafeEntry or ImageFault.Unsupported)
        {
            // A changed layer mostly fails as nonsense first. Its digest or MAC is the better reason, if it is wrong.
            await DrainAsync(compressed, cancel);
            throw;
        }

        buffered.VerifyDiffId();
    }

    private static async ValueTask DrainAsync(Stream stream, CancellationToken cancel)
    {
        var buffer = new byte[64 * 1024];
        while (await stream.ReadAsync(buffer, cancel) > 0)
        {
        }
    }

    /// <summary>Buffers, counts and hashes the uncompressed layer.</summary>
    private sealed class DiffIdStream(Stream inner, ReadAheadStream compressed, UnpackBudget budget, Digest expected, string where) : ReadOnlyStream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(expected.HashName);
        private readonly byte[] _buffer = new byte[256 * 1024];
        private int _start;
        private int _end;
        private long _total;

        public void VerifyDiffId()
        {
            var found = Digest.Of(expected.HashName, _hash.GetHashAndReset());
            if (found != expected)
            {
                throw new ImageException(ImageFault.DiffIdMismatch, $"diff_id: expected {expected}, found {found}", where,
                    "the layers were swapped, or the configuration is that of another image; build the image again");
            }
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, await inner.ReadAsync(_buffer, cancellationToken));
                _total += _end;
                _hash.AppendData(_buffer, 0, _end);
                budget.AddBytes(_end, _total, compressed.Consumed, where);
            }

            var count = Math.Min(buffer.Length, _end - _start);
            _buffer.AsSpan(_start, count).CopyTo(buffer.Span);
            _start += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
