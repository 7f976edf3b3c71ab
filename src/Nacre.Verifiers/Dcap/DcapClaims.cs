using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Nacre.Verifiers.Dcap;

/// <summary>The claims that collateral adds to those of a quote, upstream's name for name (evidence.md 2.7).</summary>
internal static class DcapClaims
{
    public static void Add(JsonObject claims, DcapPlatform platform, TcbResult result, TcbResult? current)
    {
        var (pck, collateral, dates) = (platform.Chain.Platform, platform.Collateral, platform.Dates);
        claims["tcb_status"] = result.Status.ToString();
        claims["tcb_date"] = Date(result.Date);
        claims["advisory_ids"] = Texts(result.AdvisoryIds);
        claims["tcb_eval_num"] = Math.Min(collateral.TcbInfo.EvaluationDataNumber, collateral.QeIdentity.EvaluationDataNumber);
        claims["collateral_expiration_status"] = dates.Expired ? "1" : "0";
        claims["earliest_issue_date"] = Date(dates.EarliestIssue);
        claims["latest_issue_date"] = Date(dates.LatestIssue);
        claims["earliest_expiration_date"] = Date(dates.EarliestExpiration);
        claims["pck_crl_num"] = (long)collateral.PckCrl.Number.GetValueOrDefault();
        claims["root_ca_crl_num"] = (long)collateral.RootCaCrl.Number.GetValueOrDefault();
        claims["platform_provider_id"] = Hex(pck.Ppid);
        claims["root_key_id"] = Hex(SHA384.HashData(platform.Chain.Root.SubjectPublicKeyInfo.Span[^65..]));
        claims["sgx_type"] = pck.SgxType switch { 0 => "Standard", 1 => "Scalable", _ => "Scalable with Integrity" };
        if (pck.SgxType > 0)
        {
            claims["is_dynamic_platform"] = pck.DynamicPlatform ?? false;
            claims["is_cached_keys"] = pck.CachedKeys ?? false;
            claims["is_smt_enabled"] = pck.SmtEnabled ?? false;
        }

        if (pck.PlatformInstanceId is { } instance)
        {
            // A little-endian GUID, shown as a number (evidence.md 2.7).
            var reversed = instance.AsSpan().ToArray();
            reversed.AsSpan().Reverse();
            claims["platform_instance_id"] = Hex(reversed);
        }

        if (current is not null)
        {
            claims["tcb_status_current"] = current.Status.ToString();
            claims["tcb_date_current"] = Date(current.Date);
            claims["advisory_ids_current"] = Texts(current.AdvisoryIds);
        }
    }

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    private static string Date(DateTimeOffset date) => date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];
}
