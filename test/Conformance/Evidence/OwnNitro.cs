using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Nitro;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>
/// A cloud of one's own: a root with the name of AWS', an authority, an enclave's key, and documents that it signs. What no public document
/// shows can be tried with it.
/// </summary>
internal sealed class OwnNitro
{
    public const string AwsName = "CN=aws.nitro-enclaves, OU=AWS, O=Amazon, C=US";

    public static readonly DateTimeOffset At = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _key;

    public OwnNitro(ECCurve? leafCurve = null)
    {
        var root = Authority(AwsName, issuer: null);
        var zone = Authority("CN=zone.nitro-enclaves", root);
        _key = ECDsa.Create(leafCurve ?? ECCurve.NamedCurves.nistP384);
        var leaf = new CertificateRequest("CN=i-0123-enc4567", _key, HashAlgorithmName.SHA384)
            .Create(zone, At.AddHours(-1), At.AddHours(2), RandomNumberGenerator.GetBytes(8));
        RootKeyDigest = VerificationKey.Digest(root.PublicKey.ExportSubjectPublicKeyInfo());
        Fields = new()
        {
            ["module_id"] = CborBytes.Text("i-0123-enc4567"),
            ["digest"] = CborBytes.Text("SHA384"),
            ["timestamp"] = CborBytes.Integer(At.ToUnixTimeMilliseconds()),
            ["pcrs"] = Registers(Enumerable.Range(0, 16)),
            ["certificate"] = CborBytes.Bytes(leaf.RawData),
            ["cabundle"] = CborBytes.Array(CborBytes.Bytes(root.RawData), CborBytes.Bytes(zone.RawData)),
            ["public_key"] = CborBytes.Bytes([1, 2, 3]),
            ["user_data"] = CborBytes.Bytes([4, 5, 6]),
            ["nonce"] = CborBytes.Bytes([7, 8, 9]),
        };
    }

    /// <summary>The members of the document by their names, each in CBOR. Tests change them.</summary>
    public OrderedDictionary<string, byte[]> Fields { get; }

    public string RootKeyDigest { get; }

    /// <summary>Registers of 48 bytes, each filled with its number and 0x40.</summary>
    public static byte[] Registers(IEnumerable<int> numbers, int size = 48) => CborBytes.Map(
        [.. numbers.Select(number => (CborBytes.Integer(number), CborBytes.Bytes([.. Enumerable.Repeat((byte)(0x40 + number), size)])))]);

    public byte[] Sign(bool isTagged = false) =>
        CoseBytes.Sign(_key, CborBytes.Map([.. Fields.Select(field => (CborBytes.Text(field.Key), field.Value))]), isTagged);

    /// <summary>The verdict on the document as it is now, by a verifier that believes this cloud.</summary>
    public Verdict Verify(byte[]? document = null, byte[]? reportData = null, DateTimeOffset? at = null) =>
        new NitroVerifier(new() { RootKeyDigest = RootKeyDigest })
            .VerifyDocument(document ?? Sign(), new() { Evidence = default, At = at ?? At, ReportData = reportData });

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var (from, to) = (At.AddDays(-1), At.AddDays(1));
        return issuer is null ? request.CreateSelfSigned(from, to)
            : request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key);
    }
}
