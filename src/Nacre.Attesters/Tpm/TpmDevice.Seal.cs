using System.Security.Cryptography;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    private const int MaxSealedPart = 1024;

    /// <summary>Puts data into an object that only its parent's TPM can load, and that opens as its template says.</summary>
    /// <returns>TPMT_PUBLIC and TPM2B_PRIVATE, without their sizes.</returns>
    public async ValueTask<(byte[] Public, byte[] Private)> CreateSealedAsync(
        uint parent, SecretBytes data, ReadOnlyMemory<byte> template, CancellationToken cancel)
    {
        var parameters = new TpmWriter()
            .Sized(new TpmWriter().UInt16(0).Sized(data.Reveal()).Written) // TPM2B_SENSITIVE_CREATE: no password, the data
            .Sized(template.Span)
            .UInt16(0) // outsideInfo
            .UInt32(0); // creationPCR
        var response = await ExecuteAsync(TpmCommandCode.Create, [parent], [PasswordSession], parameters, 0, cancel);
        return Read(response);

        static (byte[], byte[]) Read(byte[] response)
        {
            var r = new StructReader("tpm.Create", response);
            var secret = r.Sized16BE("private", MaxSealedPart).ToArray();
            return (r.Sized16BE("public", MaxSealedPart).ToArray(), secret);
        }
    }

    /// <returns>A transient handle; the caller flushes it.</returns>
    public async ValueTask<uint> LoadAsync(uint parent, ReadOnlyMemory<byte> publicPart, ReadOnlyMemory<byte> privatePart, CancellationToken cancel)
    {
        var parameters = new TpmWriter().Sized(privatePart.Span).Sized(publicPart.Span);
        var response = await ExecuteAsync(TpmCommandCode.Load, [parent], [PasswordSession], parameters, 1, cancel);
        return new StructReader("tpm.Load", response).UInt32BE("handle");
    }

    /// <param name="item">A loaded object with sealed data.</param>
    /// <param name="session">That authorises it, or <see cref="EmptyPassword"/>; a policy session is used up.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async ValueTask<SecretBytes> UnsealAsync(uint item, uint session, CancellationToken cancel)
    {
        var response = await ExecuteAsync(TpmCommandCode.Unseal, [item], [session], new TpmWriter(), 0, cancel);
        try
        {
            return SecretBytes.Copy(new StructReader("tpm.Unseal", response).Sized16BE("data", 128));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(response);
        }
    }

    /// <summary>Satisfies "these registers have the values that they have now" in a policy session.</summary>
    public async ValueTask PolicyPcrAsync(uint session, TpmPcrSelection selection, CancellationToken cancel)
    {
        var parameters = new TpmWriter().UInt16(0).UInt32(1); // No digest: the TPM takes its own.
        WriteSelection(parameters, selection);
        await ExecuteAsync(TpmCommandCode.PolicyPcr, [session], [], parameters, 0, cancel);
    }

    /// <summary>The policy digest that <see cref="PolicyPcrAsync"/> gives with these values (TPM 2.0 Library part 3, section 23.7).</summary>
    /// <param name="selection">Of the SHA-256 bank.</param>
    /// <param name="pcrs">All 24 of it.</param>
    internal static byte[] PcrPolicy(TpmPcrSelection selection, byte[][] pcrs)
    {
        var digest = SHA256.HashData(pcrs.Where((_, pcr) => (selection.Mask >> pcr & 1) != 0).SelectMany(value => value).ToArray());
        var update = new TpmWriter().Bytes(new byte[SHA256.HashSizeInBytes]).UInt32((uint)TpmCommandCode.PolicyPcr).UInt32(1);
        WriteSelection(update, selection);
        return SHA256.HashData(update.Bytes(digest).Written);
    }
}
