using System.Security.Cryptography;
using Nacre.Evidence.Csv;

namespace Nacre.Verifiers.Csv;

/// <summary>Hygon's root key (HRK), pinned by the hash of its certificate (evidence.md 0).</summary>
internal static class HygonRoot
{
    private const string FileDigest = "296efa97580464aca0ab5eefe42199ee05862182508d1629f29cf4dc175b10cd";

    private static readonly Lazy<HygonAuthorityCertificate> s_certificate = new(Load);

    public static HygonAuthorityCertificate Certificate => s_certificate.Value;

    private static HygonAuthorityCertificate Load()
    {
        using var stream = typeof(HygonRoot).Assembly.GetManifestResourceStream("hygon/hrk.cert")
            ?? throw new InvalidOperationException("the embedded certificate hygon/hrk.cert is missing");
        var bytes = new byte[HygonAuthorityCertificate.Size];
        stream.ReadExactly(bytes);
        var root = HygonAuthorityCertificate.Parse(bytes);
        return Convert.ToHexStringLower(SHA256.HashData(bytes)) == FileDigest && root.Key.Verify(root.Body.Span, root.Signature)
            ? root : throw new InvalidOperationException("the embedded root of Hygon is not the pinned one");
    }
}
