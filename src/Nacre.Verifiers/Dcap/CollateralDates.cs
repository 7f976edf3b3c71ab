using Nacre.Formats.X509;
using Nacre.Verifiers.Collateral.Intel;

namespace Nacre.Verifiers.Dcap;

/// <summary>Whether each dated piece is in date, and the dates that become claims (evidence.md 2.6, freshness).</summary>
internal sealed record CollateralDates(DateTimeOffset EarliestIssue, DateTimeOffset LatestIssue, DateTimeOffset EarliestExpiration, bool Expired)
{
    public static CollateralDates Require(CheckList checks, DcapCollateral collateral, PckChain chain, DateTimeOffset at, TimeSpan grace)
    {
        var (info, identity) = (collateral.TcbInfo, collateral.QeIdentity);
        var (pckCrl, rootCrl) = (collateral.PckCrl, collateral.RootCaCrl);
        var dates = new Collector(checks, at);
        dates.Add("dcap.tcb_info.dates", "TCB info", info.IssueDate, info.NextUpdate, grace);
        dates.Add("dcap.qe_identity.dates", "QE identity", identity.IssueDate, identity.NextUpdate, grace);
        dates.Add("dcap.pck_crl.dates", "revocation list of the platform's authority", pckCrl.ThisUpdate, pckCrl.NextUpdate, grace);
        dates.Add("dcap.root_crl.dates", "revocation list of the root", rootCrl.ThisUpdate, rootCrl.NextUpdate, grace);
        dates.Add("dcap.tcb_info.signer_dates", collateral.TcbSigningChain);
        if (!ReferenceEquals(collateral.QeIdentitySigningChain, collateral.TcbSigningChain))
            dates.Add("dcap.qe_identity.signer_dates", collateral.QeIdentitySigningChain);

        // No grace for certificates: their authority said when they end.
        dates.Add("dcap.pck.dates", [chain.Leaf, chain.Authority, chain.Root]);
        return new(dates.EarliestIssue, dates.LatestIssue, dates.EarliestExpiration, dates.EarliestExpiration < at);
    }

    private sealed class Collector(CheckList checks, DateTimeOffset at)
    {
        private readonly string _expected = $"in date at {at.UtcDateTime:u}";

        public DateTimeOffset EarliestIssue { get; private set; } = DateTimeOffset.MaxValue;
        public DateTimeOffset LatestIssue { get; private set; } = DateTimeOffset.MinValue;
        public DateTimeOffset EarliestExpiration { get; private set; } = DateTimeOffset.MaxValue;

        public void Add(string id, IReadOnlyList<Certificate> certificates)
        {
            foreach (var certificate in certificates)
                Add(id, $"certificate {certificate.Subject}", certificate.NotBefore, certificate.NotAfter, TimeSpan.Zero);
        }

        public void Add(string id, string subject, DateTimeOffset from, DateTimeOffset until, TimeSpan grace)
        {
            EarliestIssue = from < EarliestIssue ? from : EarliestIssue;
            LatestIssue = from > LatestIssue ? from : LatestIssue;
            EarliestExpiration = until < EarliestExpiration ? until : EarliestExpiration;

            // Not "until + grace": the sum of a certificate without end would overflow.
            var current = from <= at && (at <= until || at - until <= grace);
            checks.Require(
                current, id, subject, _expected,
                $"{from.UtcDateTime:u} to {until.UtcDateTime:u}{(current && at > until ? $", behind its end but within the grace of {grace}" : "")}",
                from > at ? "see that the clock is right" : "fetch new collateral");
        }
    }
}
