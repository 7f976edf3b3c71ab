using System.Security.Cryptography;
using Nacre.Evidence;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

/// <summary>
/// Evidence of a TPM 2.0: a quote over PCR 0 to 23 of the SHA-256 bank (guest.md 1.8, tpm). The attestation key is a primary key of the
/// endorsement hierarchy: nothing is stored, and the same TPM always signs with the same key. Safe for concurrent use; callers take turns.
/// </summary>
public sealed class TpmAttester : IAttester, ITpmKeyProver, IAsyncDisposable
{
    /// <summary>How much report data fits; the handshake selects SHA-256 for this TEE so that a whole digest does.</summary>
    public const int MaxReportData = 32;

    /// <summary>A register that is extended between read and quote costs one more attempt; more than this is no accident.</summary>
    private const int MaxAttempts = 5;

    private readonly TpmAttesterOptions _options;
    private readonly TpmDevice _device;
    private readonly TpmPrimaryKey _attestationKey;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private TpmEndorsementKey? _endorsementKey;

    public TpmAttester(TpmAttesterOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _device = TpmDevice.Open(options.Endpoint, clock);
        _attestationKey = new(_device, TpmHierarchy.Endorsement, Template(options.KeyKind));
    }

    public string Tee => TeeNames.Tpm;

    /// <exception cref="ArgumentException">More report data than a quote holds here: cutting it would forget part of it.</exception>
    public async ValueTask<byte[]> GetEvidenceAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancel)
    {
        if (reportData.Length > MaxReportData)
            throw new ArgumentException(
                $"report data is {reportData.Length} bytes long, TPM evidence holds {MaxReportData}; let the server select sha256", nameof(reportData));

        var padded = new byte[MaxReportData];
        reportData.CopyTo(padded);
        return await TakeTurnAsync(() => _attestationKey.UseAsync(key => QuoteAsync(key, padded, cancel), cancel), cancel);
    }

    public ValueTask<TpmKeyOffer> DescribeKeyAsync(CancellationToken cancel) => TakeTurnAsync(
        async () =>
        {
            var attestationKey = await _attestationKey.GetPublicAsync(cancel);
            _endorsementKey ??= await TpmEndorsementKey.FindAsync(_device, _options.EndorsementKeyKind, cancel);
            return new TpmKeyOffer
            {
                AkPublic = attestationKey.Raw.ToArray(),
                EkCertificates = [_endorsementKey.Certificate, .. _options.EkIntermediates],
            };
        },
        cancel);

    public ValueTask<SecretBytes> ActivateAsync(TpmCredential credential, CancellationToken cancel) => TakeTurnAsync(
        async () =>
        {
            var endorsementKey = _endorsementKey ??= await TpmEndorsementKey.FindAsync(_device, _options.EndorsementKeyKind, cancel);
            return await _attestationKey.UseAsync(key => endorsementKey.ActivateAsync(key, credential, cancel), cancel);
        },
        cancel);

    public async ValueTask DisposeAsync()
    {
        await _device.DisposeAsync();
        _turn.Dispose();
    }

    private async ValueTask<byte[]> QuoteAsync(uint key, byte[] reportData, CancellationToken cancel)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var pcrs = await _device.PcrReadAsync(TpmAlgorithm.Sha256, cancel);
            var (attest, signature) = await _device.QuoteAsync(key, reportData, TpmPcrSelection.AllSha256, cancel);

            // Both attestation keys sign with SHA-256, so that is the hash of the digest too.
            if (!SHA256.HashData(pcrs.SelectMany(pcr => pcr).ToArray()).AsSpan().SequenceEqual(TpmAttest.Parse(attest).PcrDigest.Span))
                continue;

            var akPublic = _attestationKey.Public!.ToSubjectPublicKeyInfo();
            return new TpmEvidence { Signature = signature, Message = attest, Pcrs = pcrs, AkPublic = akPublic }.ToJson();
        }

        throw new TpmUnavailableException(_device.Endpoint, $"changed its PCRs during each of {MaxAttempts} quotes");
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

    private static byte[] Template(TpmAttestationKeyKind kind) => kind switch
    {
        TpmAttestationKeyKind.Rsa2048 => TpmTemplate.AkRsa2048(),
        TpmAttestationKeyKind.EccP256 => TpmTemplate.AkP256(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "is no kind of attestation key"),
    };
}
