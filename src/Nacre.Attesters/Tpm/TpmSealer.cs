using System.Security.Cryptography;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

/// <summary>
/// Seals small secrets to one TPM, below its storage hierarchy: <c>mask of PCRs (32 bits) ‖ public part ‖ private part</c>, both with a
/// 16-bit size. With PCRs, it opens only while those of the SHA-256 bank have the values that they had when it was sealed. Commands to the
/// TPM are not encrypted: whoever can listen between processor and TPM reads the secret.
/// </summary>
public sealed class TpmSealer : IAsyncDisposable
{
    /// <summary>What fits into a sealed object of every TPM.</summary>
    public const int MaxSecret = 128;

    private readonly TpmDevice _device;
    private readonly TpmPrimaryKey _parent;
    private readonly SemaphoreSlim _turn = new(1, 1);

    public TpmSealer(TpmEndpoint endpoint, TimeProvider clock)
    {
        _device = TpmDevice.Open(endpoint, clock);
        _parent = new(_device, TpmHierarchy.Owner, TpmTemplate.StorageP256());
    }

    /// <summary>SHA-256 of the storage key, which is the same as long as the TPM is not cleared.</summary>
    public ValueTask<byte[]> GetIdAsync(CancellationToken cancel) => TakeTurnAsync(
        async () => SHA256.HashData((await _parent.GetPublicAsync(cancel)).Raw.Span), cancel);

    /// <param name="secret">At most <see cref="MaxSecret"/> bytes.</param>
    /// <param name="pcrs">Bit n for PCR n; 0 for none.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <exception cref="TpmException">The TPM refused.</exception>
    /// <exception cref="TpmUnavailableException">It does not answer.</exception>
    public ValueTask<byte[]> SealAsync(SecretBytes secret, uint pcrs, CancellationToken cancel) => TakeTurnAsync(
        async () =>
        {
            var selection = new TpmPcrSelection(TpmAlgorithm.Sha256, pcrs);
            var policy = pcrs == 0 ? [] : TpmDevice.PcrPolicy(selection, await _device.PcrReadAsync(TpmAlgorithm.Sha256, cancel));
            var (publicPart, privatePart) = await _parent.UseAsync(
                parent => _device.CreateSealedAsync(parent, secret, TpmTemplate.SealedData(policy), cancel), cancel);
            return new TpmWriter().UInt32(pcrs).Sized(publicPart).Sized(privatePart).ToArray();
        },
        cancel);

    /// <exception cref="MalformedDataException">It was not made by <see cref="SealAsync"/>.</exception>
    /// <exception cref="TpmException">The TPM refused: it is another TPM, or a PCR has another value.</exception>
    /// <exception cref="TpmUnavailableException">It does not answer.</exception>
    public ValueTask<SecretBytes> UnsealAsync(ReadOnlyMemory<byte> blob, CancellationToken cancel)
    {
        var (pcrs, publicPart, privatePart) = Read(blob.Span);
        return TakeTurnAsync(() => _parent.UseAsync(parent => UnsealAsync(parent, pcrs, publicPart, privatePart, cancel), cancel), cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _device.DisposeAsync();
        _turn.Dispose();
    }

    private async ValueTask<SecretBytes> UnsealAsync(uint parent, uint pcrs, byte[] publicPart, byte[] privatePart, CancellationToken cancel)
    {
        var item = await _device.LoadAsync(parent, publicPart, privatePart, cancel);
        try
        {
            return pcrs == 0
                ? await _device.UnsealAsync(item, TpmDevice.EmptyPassword, cancel)
                : await UnsealWithPcrsAsync(item, new TpmPcrSelection(TpmAlgorithm.Sha256, pcrs), cancel);
        }
        finally
        {
            await _device.FlushContextAsync(item, CancellationToken.None);
        }
    }

    private async ValueTask<SecretBytes> UnsealWithPcrsAsync(uint item, TpmPcrSelection selection, CancellationToken cancel)
    {
        var session = await _device.StartPolicySessionAsync(cancel);
        try
        {
            await _device.PolicyPcrAsync(session, selection, cancel);
            return await _device.UnsealAsync(item, session, cancel);
        }
        catch
        {
            // Success uses the session up; only a failure leaves it.
            await _device.FlushContextAsync(session, CancellationToken.None);
            throw;
        }
    }

    private static (uint Pcrs, byte[] Public, byte[] Private) Read(ReadOnlySpan<byte> blob)
    {
        var r = new StructReader("tpm.sealed", blob);
        var pcrs = r.UInt32BE("pcrs");
        if (pcrs >> 24 != 0)
            throw r.Malformed("names a PCR above 23");
        var publicPart = r.Sized16BE("public", 1024).ToArray();
        var privatePart = r.Sized16BE("private", 1024).ToArray();
        r.End();
        return (pcrs, publicPart, privatePart);
    }

    private async ValueTask<T> TakeTurnAsync<T>(Func<ValueTask<T>> use, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            return await use();
        }
        finally
        {
            _turn.Release();
        }
    }
}
