namespace Nacre.Attesters.Tpm;

/// <summary>Carries one command to a TPM and its response back. Not for concurrent use: <see cref="TpmDevice"/> takes turns.</summary>
internal interface ITpmTransport : IAsyncDisposable
{
    /// <returns>A whole response, at least ten bytes long; its size field and its length agree.</returns>
    ValueTask<byte[]> ExchangeAsync(ReadOnlyMemory<byte> command, CancellationToken cancel);
}

/// <summary>The frame of a response (TPM 2.0 Library part 1, section 18).</summary>
internal static class TpmFrame
{
    public const int HeaderSize = 10;

    /// <summary>No TPM answers with more; the largest real answer is an NV_Read of its buffer size.</summary>
    public const int MaxResponse = 8192;
}
