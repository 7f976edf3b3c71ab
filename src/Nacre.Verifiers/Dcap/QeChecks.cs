using System.Security.Cryptography;
using Nacre.Evidence.Dcap;
using Nacre.Evidence.Sgx;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.Verifiers.Dcap;

/// <summary>The quoting enclave: that it made the attestation key, that the platform vouches for it, and that it is Intel's.</summary>
internal static class QeChecks
{
    private const string Changed = "the quote was changed, or put together from parts of others: have the guest make a new one";

    public static void RequireQuoteSignature(CheckList checks, DcapQuote quote, VerificationKeyCache keys)
    {
        try
        {
            var key = keys.FromP256Point(quote.AttestationKey);
            checks.Require(true, "dcap.quote.attestation_key", "attestation key", "a point of P-256");
            checks.Require(
                key.VerifyEcdsa(HashAlgorithmName.SHA256, quote.Signed, quote.Signature), "dcap.quote.signature", "header and body of the quote",
                "signed by the attestation key", remedy: Changed);
        }
        catch (MalformedDataException error)
        {
            checks.Require(false, "dcap.quote.attestation_key", "attestation key", "a point of P-256", error.Rule, Changed);
        }
    }

    /// <summary>QE report data: SHA-256 of the attestation key and the authentication data, then zeros.</summary>
    public static void RequireKeyBinding(CheckList checks, DcapQuote quote, SgxReportBody qe)
    {
        Span<byte> expected = stackalloc byte[64];
        expected.Clear();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(quote.AttestationKey);
        hash.AppendData(quote.QeAuthData);
        hash.GetHashAndReset(expected);
        checks.Require(
            qe.ReportData.SequenceEqual(expected), "dcap.qe.report_data", "REPORTDATA of the QE report", Convert.ToHexStringLower(expected),
            Convert.ToHexStringLower(qe.ReportData), Changed);
    }

    public static void RequireSignature(CheckList checks, DcapQuote quote, Certificate pck, VerificationKeyCache keys)
    {
        const string Expected = "signed by the key of the PCK certificate, of P-256";
        try
        {
            var key = keys.Import(pck.SubjectPublicKeyInfo.Span);
            checks.Require(
                key.Kind == "P-256" && key.VerifyEcdsa(HashAlgorithmName.SHA256, quote.QeReport.Span, quote.QeReportSignature),
                "dcap.qe.signature", "QE report", Expected, remedy: Changed);
        }
        catch (MalformedDataException error)
        {
            checks.Require(false, "dcap.qe.signature", "QE report", Expected, error.Message, Changed);
        }
    }

    /// <summary>What the identity says of this QE's version; null, with a check failed, when it is not the QE that is described.</summary>
    public static TcbVerdict? RequireIdentity(CheckList checks, QeIdentity identity, SgxReportBody qe, bool isTdx)
    {
        const string Remedy = "update the quoting enclave of the host, and see that the collateral is for the right TEE";
        var id = isTdx ? "TD_QE" : "QE";
        var isKind = checks.Require(identity.Id == id, "dcap.qe_identity.kind", "id of the QE identity", id, identity.Id, Remedy);
        checks.Require(!qe.IsDebug, "dcap.qe.debug", "ATTRIBUTES of the QE", "no debug", qe.IsDebug ? "debug" : "no debug", Remedy);

        var matches = Masked(qe.MiscSelect, identity.MiscSelectMask, identity.MiscSelect) && Masked(qe.Attributes, identity.AttributesMask, identity.Attributes)
            && qe.MrSigner.SequenceEqual(identity.MrSigner) && qe.IsvProdId == identity.IsvProdId;
        checks.Require(
            matches, "dcap.qe.identity", "MISCSELECT, ATTRIBUTES, MRSIGNER, ISVPRODID of the QE",
            $"signer {Convert.ToHexStringLower(identity.MrSigner)}, product {identity.IsvProdId}",
            $"signer {Convert.ToHexStringLower(qe.MrSigner)}, product {qe.IsvProdId}", Remedy);

        var level = IsvSvnLevel.Find(identity.Levels, qe.IsvSvn);
        checks.Require(
            level is not null, "dcap.qe.version", "ISVSVN of the QE", $"at least {identity.Levels[^1].IsvSvn}", $"{qe.IsvSvn}", Remedy);
        return isKind && matches ? level?.Verdict : null;
    }

    private static bool Masked(ReadOnlySpan<byte> value, ReadOnlySpan<byte> mask, ReadOnlySpan<byte> expected)
    {
        for (var i = 0; i < mask.Length; i++)
        {
            if ((value[i] & mask[i]) != expected[i])
                return false;
        }

        return true;
    }
}
