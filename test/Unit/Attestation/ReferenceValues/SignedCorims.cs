using System.Security.Cryptography;
using Nacre.ConformanceTests.Evidence;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>CoRIM manifests and their signatures, piece by piece (draft-ietf-rats-corim).</summary>
internal static class SignedCorims
{
    public static DateTimeOffset Time(int days) => SignedDocuments.Now.AddDays(days);

    /// <param name="until">Days from <see cref="SignedDocuments.Now"/>; null for no end.</param>
    public static byte[] Manifest(int? until = null)
    {
        var environment = Map((0, Map((1, CborBytes.Text("ACME Ltd")), (2, CborBytes.Text("Rocket")))));
        var triple = CborBytes.Array(
            environment,
            CborBytes.Array(
                Measurement(CborBytes.Integer(7), 2, Digests('a')), Measurement(CborBytes.Integer(7), 2, Digests('b')),
                Measurement(CborBytes.Text("firmware"), 4, CborBytes.Tag(560, CborBytes.Bytes([1, 2])))));
        var comid = Map((1, Map((0, CborBytes.Text("comid")))), (4, Map((0, CborBytes.Array(triple)))));
        var manifest = new List<(int, byte[])> { (0, CborBytes.Text("corim")), (1, CborBytes.Array(CborBytes.Tag(506, CborBytes.Bytes(comid)))) };
        if (until is { } days)
            manifest.Add((4, Validity(days)));
        return CborBytes.Tag(501, Map([.. manifest]));
    }

    /// <summary>COSE_Sign1 with ES256.</summary>
    public static byte[] Sign(byte[] manifest, ECDsa key, int? until = null)
    {
        var meta = new List<(int, byte[])> { (0, Map((0, CborBytes.Text("signer")))) };
        if (until is { } days)
            meta.Add((1, Validity(days)));
        var header = Map((1, CborBytes.Integer(-7)), (3, CborBytes.Text("application/rim+cbor")), (8, CborBytes.Bytes(Map([.. meta]))));
        var signed = CborBytes.Array(CborBytes.Text("Signature1"), CborBytes.Bytes(header), CborBytes.Bytes([]), CborBytes.Bytes(manifest));
        var signature = key.SignData(signed, HashAlgorithmName.SHA256);
        return CborBytes.Tag(18, CborBytes.Array(CborBytes.Bytes(header), Map(), CborBytes.Bytes(manifest), CborBytes.Bytes(signature)));
    }

    private static byte[] Validity(int days) => Map((1, CborBytes.Tag(1, CborBytes.Integer(Time(days).ToUnixTimeSeconds()))));

    private static byte[] Measurement(byte[] key, int label, byte[] value) => Map((0, key), (1, Map((label, value))));

    private static byte[] Digests(char digit) =>
        CborBytes.Array(CborBytes.Array(CborBytes.Integer(1), CborBytes.Bytes(Convert.FromHexString(SignedDocuments.Digest(digit)))));

    private static byte[] Map(params (int Label, byte[] Value)[] pairs) =>
        CborBytes.Map([.. pairs.Select(pair => (CborBytes.Integer(pair.Label), pair.Value))]);
}
