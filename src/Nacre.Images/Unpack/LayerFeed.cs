using System.IO.Compression;
using System.Security.Cryptography;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Transports;
using Nacre.Linux.Compression;

namespace Nacre.Images.Unpack;

/// <summary>
/// The tar of one layer, made while it is read: one task fetches, checks and decrypts, another decompresses and hashes, each a few buffers
/// ahead of the next. It ends with the error of whichever check failed: MAC, digest, compression, diff_id. Only when it has ended without
/// one is anything that came out to be believed.
/// </summary>
internal sealed class LayerFeed : ReadOnlyStream
{
    private readonly Stream _source;
    private readonly ReadAheadStream _compressed;
    private readonly PlainStream _plain;
    private readonly ReadAheadStream _ready;

    /// <param name="source">Compressed bytes that fail at their end unless they were right; owned.</param>
    /// <param name="compression">Of those bytes.</param>
    /// <param name="diffId">Digest that the tar must have.</param>
    /// <param name="budget">What may be used.</param>
    /// <param name="where">The layer, for errors.</param>
    public LayerFeed(Stream source, LayerCompression compression, Digest diffId, UnpackBudget budget, string where)
    {
        Where = where;
        _source = source;
        _compressed = new(source);
        _plain = new(_compressed, compression, diffId, budget, where);
        _ready = new(_plain, buffers: 16);
    }

    public string Where { get; }

    /// <summary>Bytes of the archive so far.</summary>
    public long Total => _plain.Total;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _ready.ReadAsync(buffer, cancellationToken);

    /// <summary>What follows the archive is read too, so that every check at an end is made.</summary>
    public ValueTask FinishAsync(CancellationToken cancel) => _ready.DrainAsync(cancel);

    /// <summary>
    /// The archive made no sense. Reads the rest of what was fetched: if its digest or MAC is wrong, that is thrown, for it is the better
    /// reason.
    /// </summary>
    public async ValueTask AbandonAsync(CancellationToken cancel)
    {
        _plain.Abandon();
        await _ready.DrainAsync(cancel);
    }

    public override async ValueTask DisposeAsync()
    {
        await _ready.DisposeAsync();
        await _plain.DisposeAsync();
        await _compressed.DisposeAsync();
        await _source.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>Decompresses, counts and hashes.</summary>
    private sealed class PlainStream(ReadAheadStream compressed, LayerCompression compression, Digest expected, UnpackBudget budget, string where)
        : ReadOnlyStream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(expected.HashName);
        private readonly Stream _inner = compression switch
        {
            LayerCompression.Gzip => new GZipStream(compressed, CompressionMode.Decompress, leaveOpen: true),
            LayerCompression.Zstd => new ZstdStream(compressed),
            _ => compressed,
        };
        private volatile bool _abandoned;
        private bool _ended;
        private long _total;

        public long Total => Interlocked.Read(ref _total);

        public void Abandon() => _abandoned = true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_ended)
                return 0;
            if (_abandoned)
                return await EndAsync(cancellationToken);

            int count;
            try
            {
                count = await _inner.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                // Damaged data and a changed layer look the same here; the checks at the end tell which it is.
                await EndAsync(cancellationToken);
                throw new ImageException(ImageFault.Malformed, $"the layer cannot be decompressed: {e.Message}", where, "build the image again", e);
            }

            if (count == 0)
            {
                await EndAsync(cancellationToken);
                VerifyDiffId();
                return 0;
            }

            var total = Interlocked.Add(ref _total, count);
            _hash.AppendData(buffer.Span[..count]);
            budget.AddBytes(count, total, compressed.Consumed, where);
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _hash.Dispose();
                _inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private async ValueTask<int> EndAsync(CancellationToken cancel)
        {
            _ended = true;
            await compressed.DrainAsync(cancel);
            return 0;
        }

        private void VerifyDiffId()
        {
            var found = Digest.Of(expected.HashName, _hash.GetHashAndReset());
            if (found != expected)
            {
                throw new ImageException(ImageFault.DiffIdMismatch, $"diff_id: expected {expected}, found {found}", where,
                    "the layers were swapped, or the configuration is that of another image; build the image again");
            }
        }
    }
}
