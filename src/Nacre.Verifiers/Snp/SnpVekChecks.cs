using Nacre.Evidence.Snp;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Verifiers.Snp;

/// <summary>Whether a certificate is AMD's for the key of this very chip at these very versions (evidence.md 5.4, steps 4 to 7).</summary>
internal static class SnpVekChecks
{
    private const string Fetch = "fetch the certificate of this chip for the reported TCB from AMD's key distribution service";

    /// <summary>Reads the certificate and records what it is; null when it is of no use at all.</summary>
    public static SnpVek? Read(CheckList checks, ReadOnlySpan<byte> derOrPem, VerificationKeyCache keys)
    {
        try
        {
            var certificate = PemCertificates.ParseOne(derOrPem);
            var vek = new SnpVek(certificate, SnpVekExtensions.Parse(certificate), keys.Import(certificate.SubjectPublicKeyInfo.Span));
            checks.Require(true, "snp.vek.format", "certificate of the signing key", found: certificate.Subject.ToString());
            return vek;
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "snp.vek.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "the certificate of a VCEK or VLEK", error.Rule, Fetch);
            return null;
        }
    }

    /// <summary>The product that the certificate's issuer stands for; null when it is none that is known.</summary>
    public static SnpProduct? ProductOf(Certificate certificate, Func<SnpProduct, AmdRoots>? of = null)
    {
        foreach (var product in Enum.GetValues<SnpProduct>())
        {
            var roots = (of ?? AmdRoots.Of)(product);
            if (certificate.Issuer.Equals(roots.Issuer(SnpSigningKey.Vcek).Certificate.Subject)
                || certificate.Issuer.Equals(roots.Issuer(SnpSigningKey.Vlek).Certificate.Subject))
                return product;
        }

        return null;
    }

    public static void Require(
        CheckList checks, SnpVek vek, SnpReport report, SnpProduct product, AmdRoots roots, DateTimeOffset at, SnpProofs proofs)
    {
        var (certificate, extensions) = (vek.Certificate, vek.Extensions);
        var kind = report.SigningKey;
        var name = kind == SnpSigningKey.Vlek ? "SEV-VLEK" : "SEV-VCEK";
        checks.Require(
            certificate.Subject.CommonName == name && vek.Key.Kind == "P-384", "snp.vek.kind", "subject and key of the certificate",
            $"{name}, P-384", $"{certificate.Subject.CommonName}, {vek.Key.Kind}", "send the certificate of the kind of key that signed the report");

        var issuer = roots.Issuer(kind);
        var problem = proofs.FindProblem(certificate, issuer);
        checks.Require(
            problem is null, "snp.vek.issuer", "issuer of the certificate", $"{issuer.Certificate.Subject} under the pinned root of {product.Name()}",
            problem ?? "its signature verifies", Fetch);

        checks.Require(
            certificate.IsValidAt(at) && issuer.Certificate.IsValidAt(at), "snp.vek.validity", "validity of the certificates", $"valid at {at:u}",
            $"{certificate.NotBefore:u} to {certificate.NotAfter:u}", "have the certificate renewed, or correct the clock");

        checks.Require(
            extensions.Product == product && extensions.StructVersion is 0 or 1, "snp.vek.product", "productName of the certificate", product.Name(),
            extensions.ProductName, Fetch);

        RequireChip(checks, extensions, report, product, kind);
        var reported = SnpTcb.Read(report.ReportedTcb, product);
        checks.Require(
            reported is not null && Normal(extensions.Tcb, product) == reported, "snp.vek.tcb", "SPLs of the certificate", reported?.ToString(),
            extensions.Tcb.ToString(), Fetch);
    }

    private static void RequireChip(CheckList checks, SnpVekExtensions extensions, SnpReport report, SnpProduct product, SnpSigningKey kind)
    {
        const string Id = "snp.vek.chip_id";
        const string Subject = "hwID of the certificate";

        // A VLEK belongs to a provider and not to a chip (evidence.md 5.2).
        if (kind == SnpSigningKey.Vlek)
        {
            checks.Require(
                extensions.HardwareId is null, Id, Subject, "none in the certificate of a VLEK",
                extensions.HardwareId is null ? "none" : "there is one", "send the VLEK that the provider loaded");
            return;
        }

        var length = product == SnpProduct.Turin ? 8 : 64;
        var chip = report.ChipId;
        var matches = extensions.HardwareId is { } hardware && hardware.Length == length && chip[..length].SequenceEqual(hardware)
            && !chip[length..].ContainsAnyExcept((byte)0) && chip.ContainsAnyExcept((byte)0);
        checks.Require(
            matches, Id, Subject, chip.ContainsAnyExcept((byte)0) ? Convert.ToHexStringLower(chip) : "the chip's id, which the host masks in the report",
            extensions.HardwareId is null ? "none" : Convert.ToHexStringLower(extensions.HardwareId),
            chip.ContainsAnyExcept((byte)0) ? Fetch : "have the host's operator unmask the chip id (MASK_CHIP_ID), or use a VLEK");
    }

    // Certificates of the first products have no fmcSPL; those of Turin must.
    private static SnpTcb Normal(SnpTcb tcb, SnpProduct product) => product == SnpProduct.Turin ? tcb with { Fmc = tcb.Fmc ?? byte.MaxValue } : tcb;
}

/// <summary>A certificate with what was read from it.</summary>
internal sealed record SnpVek(Certificate Certificate, SnpVekExtensions Extensions, VerificationKey Key);
