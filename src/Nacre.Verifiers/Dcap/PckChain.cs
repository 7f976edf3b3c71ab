using Nacre.Evidence.Dcap;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.Verifiers.Dcap;

/// <summary>The certificates of a platform, put in order by what they are and not by where they stand (evidence.md 2.2, 2.3).</summary>
/// <param name="Leaf">The certificate of the platform.</param>
/// <param name="Authority">Who is said to have issued it.</param>
/// <param name="Root">The pinned root.</param>
/// <param name="Platform">What the leaf says of the platform.</param>
/// <param name="Checks">Those that were made when it was read; all of them passed.</param>
internal sealed record PckChain(
    Certificate Leaf, Certificate Authority, Certificate Root, PckExtensions Platform, IReadOnlyList<Check> Checks)
{
    /// <summary>Names what is to be looked up for the platform.</summary>
    public DcapCollateralName NameOf(bool isTdx) => new(
        isTdx, Convert.ToHexStringLower(Platform.Fmspc), Authority.Subject.CommonName is "Intel SGX PCK Platform CA" ? "platform" : "processor");

    /// <summary>Null, with the check failed, when the certificates are not those of a platform under the pinned root.</summary>
    public static PckChain? Read(CheckList checks, Func<IReadOnlyList<Certificate>> read, string rootKeyDigest)
    {
        const string Remedy = "have the host's quote provider deliver the platform's certificate chain anew";
        var before = checks.Checks.Count;
        try
        {
            var certificates = read();
            var root = IntelRoot.Find(certificates, rootKeyDigest);
            checks.Require(
                root is not null, "dcap.pck.root", "root of the PCK chain", $"the key {rootKeyDigest}",
                root is not null ? "that key" : $"{certificates[^1].Subject}, with another key", "use a production platform: this root is not Intel's");
            if (root is null)
                return null;

            var others = certificates.Where(certificate => !ReferenceEquals(certificate, root)).ToArray();
            var leaf = Array.Find(others, certificate => certificate.Subject.CommonName is "Intel SGX PCK Certificate");
            var authority = Array.Find(others, certificate => !ReferenceEquals(certificate, leaf));
            if (!checks.Require(
                others.Length == 2 && leaf is not null && authority is not null, "dcap.pck.names", "PCK chain",
                "Intel SGX PCK Certificate, its authority, the root", string.Join(", ", certificates.Select(certificate => certificate.Subject)), Remedy))
                return null;

            var platform = PckExtensions.Parse(leaf!);
            checks.Require(true, "dcap.pck.format", "PCK certificate");
            return new(leaf!, authority!, root, platform, [.. checks.Checks.Skip(before)]);
        }
        catch (MalformedDataException error)
        {
            checks.Require(
                false, "dcap.pck.format", $"{error.Structure}.{error.Field} at 0x{error.Offset:x3}", "certificates of a platform", error.Rule, Remedy);
            return null;
        }
    }
}
