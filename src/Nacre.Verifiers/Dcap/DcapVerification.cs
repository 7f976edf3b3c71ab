using Nacre.Evidence.Dcap;
using Nacre.Evidence.Sgx;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers.Collateral;
using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.Verifiers.Dcap;

/// <summary>What is known of the platform once a quote was found genuine; the judgement of its versions is still to come.</summary>
internal sealed record DcapPlatform(PckChain Chain, DcapCollateral Collateral, TcbVerdict Qe, CollateralDates Dates);

/// <summary>
/// What SGX and TDX have in common (evidence.md 2.5): the attestation key signed the quote, the quoting enclave made that key, a platform that
/// Intel certifies vouches for that enclave, and the collateral says so today.
/// </summary>
internal sealed class DcapVerification(DcapOptions options)
{
    private readonly PckAuthorityCache _authorities = new();
    private readonly VerificationKeyCache _keys = new();
    // A platform sends the same chain with every quote; about 20 KB each. Dates and revocation are judged each time.
    private readonly ContentCache<PckChain> _chains = new(1024);

    /// <summary>Null, with a check failed, when there is no platform or no collateral to judge the rest by.</summary>
    public async ValueTask<DcapPlatform?> RequireGenuineAsync(
        CheckList checks, DcapQuote quote, DateTimeOffset at, CancellationToken cancel)
    {
        RequireNoTrailingData(checks, quote);
        QeChecks.RequireQuoteSignature(checks, quote, _keys);
        var qe = SgxReportBody.Parse(quote.QeReport);
        QeChecks.RequireKeyBinding(checks, quote, qe);

        var isTdx = quote.TeeType == DcapQuote.Tdx;
        DcapCollateral? collateral = null;
        if (quote.CertificationType != 5)
        {
            collateral = await FindCollateralAsync(checks, new(isTdx, "", ""), cancel);
            if (!checks.Require(
                collateral?.PckChain is not null, "dcap.pck.present", "certification data", "a chain of certificates (type 5), or one in the collateral",
                $"type {quote.CertificationType}", "have the host's quote provider deliver certificates, or put pck_chain.pem into the collateral"))
                return null;
        }

        var proven = collateral is null ? _chains.Find(quote.CertificationData.Span) : null;
        if (proven is not null)
            checks.Repeat(proven.Checks);

        var chain = proven
            ?? PckChain.Read(checks, () => collateral?.PckChain ?? PckChainText.Parse(quote.CertificationData.Span), options.RootKeyDigest);
        if (chain is null)
            return null;

        QeChecks.RequireSignature(checks, quote, chain.Leaf, _keys);
        var problem = proven is null ? FindIssueProblem(chain, _authorities.Prove(chain.Authority, chain.Root)) : null;
        checks.Require(
            problem is null, "dcap.pck.chain", "PCK certificate", "issued by its authority, and that by the root", problem ?? "it is",
            "have the host's quote provider deliver the platform's certificate chain anew");
        if (problem is not null && collateral is null)
        {
            // Anyone can write such a certificate: it must not make this verifier ask a service.
            checks.NotMade("dcap.collateral.present", "collateral", "the platform's certificate is not Intel's, so nothing was asked for");
            return null;
        }

        if (problem is null && proven is null && collateral is null)
            _chains.Add(quote.CertificationData.Span, chain);

        collateral ??= await FindCollateralAsync(checks, chain.NameOf(isTdx), cancel);
        if (collateral is null)
            return null;

        RequireProved(checks, collateral, collateral.FindPckListProblem(chain.Authority));
        RequireNotRevoked(checks, collateral, chain);
        var dates = CollateralDates.Require(checks, collateral, chain, at, options.CollateralGrace);
        var fits = RequireFitting(checks, collateral, chain, isTdx);
        var verdict = QeChecks.RequireIdentity(checks, collateral.QeIdentity, qe, isTdx);
        return fits && verdict is not null ? new(chain, collateral, verdict, dates) : null;
    }

    /// <summary>Records the judgement of the versions; the result, if it is one that is accepted.</summary>
    public static bool RequireStatus(CheckList checks, TcbStatus status, DcapOptions options)
    {
        var accepted = status != TcbStatus.Revoked && (options.AcceptedStatuses is null || options.AcceptedStatuses.Contains(status));
        return checks.Require(
            accepted, "dcap.tcb.status", "TCB status", options.AcceptedStatuses is { } only ? string.Join(" or ", only) : "not Revoked", $"{status}",
            "update the microcode, the firmware and the platform software of the host");
    }

    private void RequireNoTrailingData(CheckList checks, DcapQuote quote)
    {
        var isZero = !quote.Trailing.ContainsAnyExcept((byte)0);
        checks.Require(
            isZero || options.AllowTrailingData, "dcap.quote.trailing", "bytes behind the quote", "none, or zeros",
            isZero ? $"{quote.Trailing.Length} zeros" : $"{quote.Trailing.Length} bytes that nothing signs", "cut the buffer where the quote ends");
    }

    private async ValueTask<DcapCollateral?> FindCollateralAsync(CheckList checks, DcapCollateralName name, CancellationToken cancel)
    {
        var subject = $"collateral of {(name.IsTdx ? "TDX" : "SGX")} platforms {name.Fmspc}".TrimEnd();
        var reason = "no source of collateral is configured";
        DcapCollateral? found = null;
        if (options.Collateral is { } source)
        {
            try
            {
                found = await source.FindAsync(name, cancel);
                reason = "there is none";
            }
            catch (CollateralUnavailableException error)
            {
                reason = error.Message;
            }
        }

        checks.Require(
            found is not null, "dcap.collateral.present", subject, "TCB info, QE identity and revocation lists", found is null ? reason : "at hand",
            "configure a source of Intel's collateral, and see that it has this family of platforms");
        return found;
    }

    private static string? FindIssueProblem(PckChain chain, PckAuthority authority) =>
        authority.Problem ?? CertificateIssuance.FindProblem(chain.Leaf, chain.Authority, authority.Key!)
        ?? (chain.Leaf.Extensions.IsAuthority ? "it is an authority itself" : null)
        ?? (authority.IsPlatformAuthority == chain.Platform.PlatformInstanceId is not null ? null
            : $"what it says of its platform does not go with {authority.Certificate.Subject}");

    private void RequireProved(CheckList checks, DcapCollateral collateral, string? listProblem)
    {
        const string Remedy = "fetch the collateral again, and keep it as it was received";
        checks.Require(
            collateral.RootKeyDigest == options.RootKeyDigest, "dcap.collateral.root", "root of the collateral", options.RootKeyDigest,
            collateral.RootKeyDigest, Remedy);
        foreach (var (id, subject, problem) in collateral.Proof)
            checks.Require(problem is null, id, subject, "signed by Intel", problem ?? "it is", Remedy);

        checks.Require(
            listProblem is null && collateral.PckCrl.Number is not null, "dcap.pck_crl.signature", "revocation list of the platform's authority",
            "signed by that authority, and numbered", listProblem ?? (collateral.PckCrl.Number is null ? "it has no number" : "it is"), Remedy);
    }

    private static void RequireNotRevoked(CheckList checks, DcapCollateral collateral, PckChain chain)
    {
        const string Remedy = "do not use this platform: Intel has revoked its certificate";
        checks.Require(
            !collateral.PckCrl.IsRevoked(chain.Leaf), "dcap.pck.revocation", "PCK certificate", "not revoked",
            collateral.PckCrl.IsRevoked(chain.Leaf) ? "revoked" : "not revoked", Remedy);
        checks.Require(
            !collateral.RootCaCrl.IsRevoked(chain.Authority), "dcap.pck.authority_revocation", "authority of the PCK certificate", "not revoked",
            collateral.RootCaCrl.IsRevoked(chain.Authority) ? "revoked" : "not revoked", Remedy);
    }

    private bool RequireFitting(CheckList checks, DcapCollateral collateral, PckChain chain, bool isTdx)
    {
        const string Remedy = "fetch the collateral of this family of platforms and of this TEE";
        var (info, platform) = (collateral.TcbInfo, chain.Platform);
        var isKind = checks.Require(
            info.IsTdx == isTdx, "dcap.tcb_info.kind", "id of TCB info", isTdx ? "TDX" : "SGX", info.IsTdx ? "TDX" : "SGX", Remedy);
        var isFamily = checks.Require(
            info.Fmspc.AsSpan().SequenceEqual(platform.Fmspc) && info.PceId.AsSpan().SequenceEqual(platform.PceId), "dcap.tcb_info.platform",
            "FMSPC and PCEID of TCB info", $"{Convert.ToHexStringLower(platform.Fmspc)} and {Convert.ToHexStringLower(platform.PceId)}",
            $"{Convert.ToHexStringLower(info.Fmspc)} and {Convert.ToHexStringLower(info.PceId)}", Remedy);
        var lowest = Math.Min(info.EvaluationDataNumber, collateral.QeIdentity.EvaluationDataNumber);
        checks.Require(
            lowest >= options.MinimumTcbEvaluationDataNumber, "dcap.collateral.evaluation", "tcbEvaluationDataNumber",
            $"at least {options.MinimumTcbEvaluationDataNumber}", $"{lowest}", "fetch the collateral with update=early, or the number that is required");
        return isKind && isFamily;
    }
}
