namespace Nacre.Images.Verity;

/// <summary>Bytes that are read at any position: a file, or parts of a file on a server.</summary>
public interface IByteSource : IAsyncDisposable
{
    /// <summary>The file or address, for errors.</summary>
    string Where { get; }

    /// <summary>Fills all of <paramref name="buffer"/>, or fails.</summary>
    /// <exception cref="ImageException">The bytes could not be had.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel);
}
