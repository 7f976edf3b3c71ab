using System.Buffers.Binary;
using System.Security.Cryptography;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers;
using Nacre.Verifiers.Tpm;

namespace Nacre.UnitTests.Verifiers.Tpm;

/// <summary>
/// A quote whose every field a test may choose, signed by a key of the test: what a verifier sees when a genuine TPM is asked for the wrong
/// thing, or when someone plays TPM.
/// </summary>
internal sealed record TestQuote
{
    public static readonly byte[] ReportData = SHA256.HashData("a challenge"u8);

    public uint Magic { get; init; } = TpmAttest.Magic;
    public ushort Type { get; init; } = TpmAttest.QuoteType;
    public byte[] ExtraData { get; init; } = ReportData;
    public IReadOnlyList<TpmPcrSelection> Selection { get; init; } = [TpmPcrSelection.AllSha256];
    public IReadOnlyList<byte[]> Pcrs { get; init; } = [.. Enumerable.Range(0, 24).Select(i => SHA256.HashData([(byte)i]))];
    public byte[]? PcrDigest { get; init; }
    public ushort Scheme { get; init; } = TpmAlgorithm.RsaSsa;
    public ushort Hash { get; init; } = TpmAlgorithm.Sha256;

    public TpmEvidence Sign(RSA key) => Finish(
        key.ExportSubjectPublicKeyInfo(),
        message => [.. Sized(key.SignData(message, HashName, Scheme == TpmAlgorithm.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1))]);

    public TpmEvidence Sign(ECDsa key) => (this with { Scheme = TpmAlgorithm.EcDsa }).Finish(
        key.ExportSubjectPublicKeyInfo(),
        message =>
        {
            var signature = key.SignData(message, HashName);
            return [.. Sized(signature[..(signature.Length / 2)]), .. Sized(signature[(signature.Length / 2)..])];
        });

    /// <summary>Verifies with the key enrolled, as of no particular time.</summary>
    public static Verdict Verify(TpmEvidence evidence, byte[]? reportData = null) => Verify(
        evidence.ToJson(), reportData ?? ReportData, TpmKeyEndorsement.Enrolled(evidence.AkPublic));

    public static Verdict Verify(ReadOnlyMemory<byte> evidence, byte[]? reportData, IKeyEndorsement? endorsement, byte[]? initData = null) =>
        new TpmVerifier().Verify(new()
        {
            Evidence = evidence,
            At = DateTimeOffset.UnixEpoch,
            ReportData = reportData,
            InitDataDigest = initData,
            Endorsement = endorsement,
        });

    public static string[] Failures(Verdict verdict) => [.. Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id)];

    private HashAlgorithmName HashName => Hash switch
    {
        TpmAlgorithm.Sha1 => HashAlgorithmName.SHA1,
        _ => TpmAlgorithm.TrustedHash(Hash)!.Value,
    };

    private TpmEvidence Finish(byte[] key, Func<byte[], byte[]> sign)
    {
        var message = Attest();
        return new()
        {
            Message = message,
            Signature = [.. Number(Scheme, 2), .. Number(Hash, 2), .. sign(message)],
            Pcrs = Pcrs,
            AkPublic = key,
        };
    }

    private byte[] Attest() =>
    [
        .. Number(Magic, 4), .. Number(Type, 2), .. Sized([0, 0x0b, .. new byte[32]]), .. Sized(ExtraData),
        .. Number(1000, 8), .. Number(1, 4), .. Number(2, 4), 1, .. Number(0x2019, 8),
        .. Number((uint)Selection.Count, 4),
        .. Selection.SelectMany(bank => (byte[])[.. Number(bank.Bank, 2), 3, (byte)bank.Mask, (byte)(bank.Mask >> 8), (byte)(bank.Mask >> 16)]),
        .. Sized(PcrDigest ?? CryptographicOperations.HashData(HashName, Pcrs.SelectMany(pcr => pcr).ToArray())),
    ];

    private static byte[] Sized(byte[] value) => [.. Number((uint)value.Length, 2), .. value];

    private static byte[] Number(ulong value, int size)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes[^size..];
    }
}
