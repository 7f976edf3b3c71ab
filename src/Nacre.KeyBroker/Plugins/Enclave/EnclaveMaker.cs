using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.Formats;

namespace Nacre.KeyBroker.Plugins.Enclave;

/// <summary>Makes versions of secrets.</summary>
internal static class EnclaveMaker
{
    /// <param name="specification">What to make.</param>
    /// <param name="data">What the owner gave; empty unless the kind is data.</param>
    /// <param name="authority">The version of the authority that signs; null for a certificate that its own key signs.</param>
    /// <param name="number">Of the version.</param>
    /// <param name="now">The time.</param>
    public static EnclaveVersion Make(
        EnclaveSpecification specification, ReadOnlySpan<byte> data, EnclaveVersion? authority, int number, DateTimeOffset now)
    {
        switch (specification.Kind)
        {
            case EnclaveSpecification.Aes:
                return new(number, now, SecretBytes.Random(specification.Bits!.Value / 8), null);
            case EnclaveSpecification.Data:
                return new(number, now, SecretBytes.Copy(data), null);
        }

        using var key = CreateKey(specification);
        var pem = key.ExportPkcs8PrivateKeyPem();
        if (specification.Kind is EnclaveSpecification.Rsa or EnclaveSpecification.Ec)
            return new(number, now, Private(pem), key.ExportSubjectPublicKeyInfoPem() + "\n");

        using var signer = authority is null ? null : X509Certificate2.CreateFromPem(authority.Public!, authority.PrivatePem());
        using var certificate = EnclaveCertificates.Issue(specification, key, signer, now);
        var chain = certificate.ExportCertificatePem() + "\n" + authority?.Public;
        return new(number, now, Private(specification.Kind == EnclaveSpecification.Authority ? pem : $"{pem}\n{chain}"), chain);
    }

    private static AsymmetricAlgorithm CreateKey(EnclaveSpecification specification) => specification.Curve switch
    {
        "P-256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        "P-384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        "P-521" => ECDsa.Create(ECCurve.NamedCurves.nistP521),
        _ => RSA.Create(specification.Bits!.Value),
    };

    private static SecretBytes Private(string pem) => SecretBytes.Own(Encoding.ASCII.GetBytes(pem.EndsWith('\n') ? pem : pem + "\n"));
}
