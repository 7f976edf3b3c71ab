using System.Security.Cryptography;
using Nacre.Evidence.Nvidia;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Nvidia;

/// <summary>
/// The certificates of a device, leaf first (evidence.md 13.1): firmware, boot ROM, provisioner, identity of the product, and the device
/// identity root of NVIDIA, which is pinned by its key.
/// </summary>
internal sealed class NvidiaChain
{
    /// <summary>NVIDIA Device Identity CA (evidence.md 0).</summary>
    public const string DeviceRootKey = "a90c4eb5acfd3e3d03a25db6a26b84f720ad0503196c627c21ddd48dd85b06a4";

    private const int Length = 5;
    private const string Resend = "send the whole chain that the driver gives, leaf first, with the root at its end";

    private readonly string _pem;
    private readonly IReadOnlyList<Certificate> _certificates;

    private NvidiaChain(string pem, IReadOnlyList<Certificate> certificates, VerificationKey key) =>
        (_pem, _certificates, Key) = (pem, certificates, key);

    public Certificate Leaf => _certificates[0];

    /// <summary>Of the leaf. Several verifications may use it at once, so it goes when the last of them has let go of the chain.</summary>
    public VerificationKey Key { get; }

    /// <summary>The common name of the boot ROM, such as <c>GH100 A01 GSP BROM</c>; NVIDIA's services call it the hardware model.</summary>
    public string? HardwareModel => _certificates[1].Subject.CommonName;

    /// <summary>Of the chip that the leaf and the boot ROM name; null when they differ, or when it is none that is known.</summary>
    public NvidiaArchitecture? Architecture =>
        Leaf.Subject.CommonName?.Split(' ')[0] is { } chip && chip == HardwareModel?.Split(' ')[0]
            ? NvidiaArchitectures.OfChip(chip) : null;

    /// <summary>Reads the chain and records what it is; null when it is of no use at all.</summary>
    public static NvidiaChain? Read(CheckList checks, string device, string pem, ContentCache<NvidiaChain> proven)
    {
        try
        {
            var known = proven.Find(pem);
            var certificates = known?._certificates ?? ParseCanonical(pem);
            checks.Require(
                true, "nvidia.chain.format", $"{device}.certificate", found: string.Join(" ← ", certificates.Select(one => one.Subject)));

            var complete = certificates.Count == Length;
            checks.Require(
                complete, "nvidia.chain.shape", $"{device}.certificate", $"{Length} certificates, from the firmware to the root",
                $"{certificates.Count}", Resend);
            return complete ? known ?? new(pem, certificates, VerificationKey.Import(certificates[0].SubjectPublicKeyInfo.Span)) : null;
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "nvidia.chain.format", $"{device}.certificate: {error.Structure}.{error.Field} at 0x{error.Offset:x3}",
                "certificates in PEM", error.Rule, Resend);
            return null;
        }
    }

    public void Require(
        CheckList checks, string device, NvidiaArchitecture? announced, string rootKey, ContentCache<NvidiaChain> proven, DateTimeOffset at)
    {
        var subject = $"{device}.certificate";
        var root = _certificates[^1];
        var digest = VerificationKey.Digest(root.SubjectPublicKeyInfo.Span);
        checks.Require(
            digest == rootKey, "nvidia.chain.root", $"key of {root.Subject}", $"SHA-256 {rootKey} (NVIDIA Device Identity CA)",
            $"SHA-256 {digest}",
            "this device is not one of NVIDIA's, or the chain was replaced");

        var problem = proven.Find(_pem) == this ? null : FindProblem();
        if (problem is null && digest == rootKey)
            proven.Add(_pem, this);

        checks.Require(
            problem is null, "nvidia.chain.issuance", subject, "each certificate issued by the next", problem ?? "every signature verifies",
            Resend);

        var stale = _certificates.FirstOrDefault(one => !one.IsValidAt(at));
        checks.Require(
            stale is null, "nvidia.chain.validity", subject, $"valid at {at:u}",
            stale is null ? "all are valid" : $"{stale.Subject} is from {stale.NotBefore:u} to {stale.NotAfter:u}", "correct the clock");

        checks.Require(
            Architecture is { } found && (announced ?? found) == found && Key.Kind == "P-384", "nvidia.device.arch", $"{device}.arch",
            $"{announced?.Name() ?? "a device that is known"}, with a key on P-384", $"{Leaf.Subject} under {HardwareModel}, {Key.Kind}",
            "announce the device as what it is");
        checks.NotMade("nvidia.chain.revocation", subject, "NVIDIA answers online only (OCSP), and no source of answers is configured");
    }

    private string? FindProblem()
    {
        for (var i = 0; i + 1 < _certificates.Count; i++)
        {
            if (CertificateIssuance.FindProblem(_certificates[i], _certificates[i + 1], authoritiesBelow: i) is { } problem)
                return $"{_certificates[i].Subject}: {problem}";
        }

        // The key of the root is pinned; its own signature makes sure that the rest of its certificate is what the key's owner wrote.
        return CertificateIssuance.FindProblem(_certificates[^1], _certificates[^1], authoritiesBelow: _certificates.Count - 2);
    }

    // Base64 has room for bits and white space that mean nothing. Lines of 64 are what every driver writes; the last line end may be
    // missing.
    private static IReadOnlyList<Certificate> ParseCanonical(string pem)
    {
        var certificates = PemCertificates.Parse(pem, max: 2 * Length);
        var canonical = string.Join('\n', certificates.Select(one => PemEncoding.WriteString("CERTIFICATE", one.Raw.Span)));
        if (pem.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n') != canonical)
            throw new MalformedDataException(
                "x509.pem", "(text)", 0, "is not the canonical PEM of its certificates: lines of 64, nothing between");

        return certificates;
    }
}
