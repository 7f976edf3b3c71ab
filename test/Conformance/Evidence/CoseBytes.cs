using System.Security.Cryptography;
using Nacre.Formats.Cose;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Signs messages of COSE for tests.</summary>
internal static class CoseBytes
{
    /// <summary>Values that are no r and no s of P-384: zero, the order of the curve, and the greatest of their width.</summary>
    public static byte[][] OutOfRangeP384 { get; } =
    [
        new byte[48],
        [.. Enumerable.Repeat((byte)0xff, 24), .. Convert.FromHexString("c7634d81f4372ddf581a0db248b0a77aecec196accc52973")],
        [.. Enumerable.Repeat((byte)0xff, 48)],
    ];

    /// <summary>A COSE_Sign1 over the payload, with the algorithm that belongs to the key.</summary>
    public static byte[] Sign(ECDsa key, byte[] payload, bool isTagged)
    {
        var algorithm = key.KeySize switch { 256 => CoseAlgorithm.Es256, 384 => CoseAlgorithm.Es384, _ => CoseAlgorithm.Es512 };
        var header = CborBytes.Bytes(CborBytes.Map((CborBytes.Integer(1), CborBytes.Integer(algorithm.Id))));
        var signed = CborBytes.Array(CborBytes.Text("Signature1"), header, CborBytes.Bytes([]), CborBytes.Bytes(payload));
        var signature = key.SignData(signed, algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        var message = CborBytes.Array(header, CborBytes.Map(), CborBytes.Bytes(payload), CborBytes.Bytes(signature));
        return isTagged ? CborBytes.Tag(18, message) : message;
    }
}
