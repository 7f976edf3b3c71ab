using System.Security.Cryptography;

namespace Nacre.UnitTests.Formats.Jose;

/// <summary>
/// The one encapsulation of the vector, on any machine. Another ciphertext gives another secret, as FIPS 203 has it.
/// </summary>
internal sealed class StandInKem(MlKemVector vector) : MLKem(MLKemAlgorithm.MLKem768)
{
    protected override void EncapsulateCore(Span<byte> ciphertext, Span<byte> sharedSecret)
    {
        vector.Ciphertext.CopyTo(ciphertext);
        vector.SharedSecret.CopyTo(sharedSecret);
    }

    protected override void DecapsulateCore(ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret) =>
        (ciphertext.SequenceEqual(vector.Ciphertext) ? vector.SharedSecret : SHA256.HashData(ciphertext)).CopyTo(sharedSecret);

    protected override void ExportEncapsulationKeyCore(Span<byte> destination) => vector.PublicKey.PublicKey.CopyTo(destination);

    protected override void ExportDecapsulationKeyCore(Span<byte> destination) => throw new NotSupportedException();

    protected override void ExportPrivateSeedCore(Span<byte> destination) => throw new NotSupportedException();

    protected override bool TryExportPkcs8PrivateKeyCore(Span<byte> destination, out int bytesWritten) => throw new NotSupportedException();
}
