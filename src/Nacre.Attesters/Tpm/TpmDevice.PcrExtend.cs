using Nacre.Evidence.Tpm;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>PCR = SHA-256(PCR ‖ digest) in the SHA-256 bank.</summary>
    /// <exception cref="ArgumentException">The digest is not 32 bytes long, or there is no such register.</exception>
    public async ValueTask PcrExtendAsync(int pcr, ReadOnlyMemory<byte> digest, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pcr);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(pcr, PcrCount);
        if (digest.Length != 32)
            throw new ArgumentException($"a SHA-256 digest has 32 bytes, this has {digest.Length}", nameof(digest));

        var parameters = new TpmWriter().UInt32(1).UInt16(TpmAlgorithm.Sha256).Bytes(digest.Span);
        await ExecuteAsync(TpmCommandCode.PcrExtend, [(uint)pcr], [PasswordSession], parameters, 0, cancel);
    }
}
