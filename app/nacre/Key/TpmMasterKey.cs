using System.Globalization;
using Nacre.Attesters.Tpm;
using Nacre.Formats;
using Nacre.Storage;
using Nacre.Storage.Encryption;
using Nacre.Storage.MasterKeys;

namespace Nacre.Cli.Key;

/// <summary>
/// <c>tpm:[ENDPOINT][?pcrs=0,7]</c>: each data key is encrypted under a key of its own, which is sealed to the TPM of this machine. What
/// was sealed does not open on another machine: before one is replaced, the data keys go to another master key (nacre key rotate-master).
/// </summary>
internal sealed class TpmMasterKey : IMasterKey
{
    private const string Form = "tpm:[/dev/tpmrm0][?pcrs=0,2,7]";
    private const int MaxBlob = 2048;

    private readonly TpmSealer _sealer;
    private readonly uint _pcrs;

    private TpmMasterKey(TpmSealer sealer, uint pcrs, string id) => (_sealer, _pcrs, Id) = (sealer, pcrs, id);

    public static MasterKeySource Source { get; } = new(
        "tpm", Form, async (text, surroundings, cancel) => await OpenAsync(text, surroundings, cancel));

    public string Id { get; }

    /// <summary>Size of the sealed key (16 bits), the sealed key, and the data key encrypted under it.</summary>
    public ValueTask<byte[]> WrapAsync(SecretBytes dataKey, ReadOnlyMemory<byte> context, CancellationToken cancel) => ExplainAsync(
        async () =>
        {
            using var inner = SecretBytes.Random(MasterKey.Size);
            var blob = await _sealer.SealAsync(inner, _pcrs, cancel);
            var body = Sealed.Seal(inner.Reveal(), dataKey.Reveal(), context.Span);
            return (byte[])[(byte)(blob.Length >> 8), (byte)blob.Length, .. blob, .. body];
        });

    public ValueTask<SecretBytes> UnwrapAsync(ReadOnlyMemory<byte> wrapped, ReadOnlyMemory<byte> context, CancellationToken cancel) => ExplainAsync(
        async () =>
        {
            var (blob, body) = Read(wrapped.Span);
            using var inner = await _sealer.UnsealAsync(blob, cancel);
            return Sealed.Open(inner.Reveal(), body, context.Span) is { } dataKey
                ? SecretBytes.Own(dataKey) : throw new StoreException("a data key that was sealed to the TPM was changed; restore it from a backup");
        });

    public ValueTask DisposeAsync() => _sealer.DisposeAsync();

    private static async ValueTask<TpmMasterKey> OpenAsync(string text, MasterKeySurroundings surroundings, CancellationToken cancel)
    {
        var question = text.IndexOf('?', StringComparison.Ordinal);
        var endpoint = question < 0 ? text : text[..question];
        var pcrs = question < 0 ? 0 : ParsePcrs(text[(question + 1)..]);
        var sealer = new TpmSealer(endpoint.Length == 0 ? TpmEndpoint.Default : TpmEndpoint.Parse(endpoint), surroundings.Clock);
        try
        {
            var id = await ExplainAsync(() => sealer.GetIdAsync(cancel));
            return new TpmMasterKey(sealer, pcrs, $"tpm:{Convert.ToHexStringLower(id)[..16]}");
        }
        catch
        {
            await sealer.DisposeAsync();
            throw;
        }
    }

    private static uint ParsePcrs(string query)
    {
        var mask = 0u;
        foreach (var number in query.StartsWith("pcrs=", StringComparison.Ordinal) ? query["pcrs=".Length..].Split(',') : [""])
        {
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var pcr) || pcr > 23)
                throw new StoreException($"'tpm:…?{query}' names no registers; write {Form}, with numbers from 0 to 23");
            mask |= 1u << pcr;
        }

        return mask;
    }

    private static (byte[] Blob, byte[] Body) Read(ReadOnlySpan<byte> wrapped)
    {
        var r = new StructReader("tpm.data-key", wrapped);
        var blob = r.Sized16BE("sealed", MaxBlob).ToArray();
        return (blob, r.Bytes(r.Remaining, "body").ToArray());
    }

    private static async ValueTask<T> ExplainAsync<T>(Func<ValueTask<T>> use)
    {
        try
        {
            return await use();
        }
        catch (TpmException e) when (e.BareCode is 0x09D)
        {
            throw new StoreException(
                "the TPM does not open the store: a register (PCR) has another value than when the data key was sealed; boot what was booted "
                + "then, or open the store with another master key", e);
        }
        catch (TpmException e) when (e.BareCode is 0x09F or 0x084 or 0x095)
        {
            throw new StoreException($"the TPM does not open the store: it was made with another TPM, or this one was cleared ({e.Message})", e);
        }
        catch (Exception e) when (e is TpmException or TpmUnavailableException)
        {
            throw new StoreException($"the TPM cannot be used as master key: {e.Message}", e);
        }
        catch (MalformedDataException e)
        {
            throw new StoreException($"the store was not made with a TPM as master key: {e.Message}", e);
        }
    }
}
