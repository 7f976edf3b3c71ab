using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.Formats;
using Nacre.Formats.Jose;

namespace Nacre.Cli.Doctor;

/// <summary>What an administrator may see: the token itself, policies, reference values, keys of tokens.</summary>
internal static class AdminChecks
{
    private const int WarnDays = 14;

    private static readonly string[] s_policies = ["attestation default_cpu", "resource resource-policy"];
    private static readonly TimeSpan s_tokenEnd = TimeSpan.FromMinutes(10);

    public static async Task<IReadOnlyList<DoctorFinding>> LookAsync(
        KbsTransport transport, string token, DateTimeOffset now, CancellationToken cancel)
    {
        using var admin = new KbsAdminClient(transport, token);
        JsonObject policies;
        try
        {
            policies = await admin.ListPoliciesAsync(cancel);
        }
        catch (KbsException e)
        {
            return [DoctorFinding.Fail("admin token", e.Message, "--token @DIR/admin-token, or one of: nacre admin token")];
        }

        return
        [
            Token(token, now),
            Policies(policies),
            ReferenceValues(await admin.ListReferenceValuesAsync(cancel), now),
            TokenKeys(await admin.ListTokenKeysAsync(cancel), now),
        ];
    }

    /// <summary>The server's own token is no JWT; of the others the payload says role and times, and the server has just taken them.</summary>
    internal static DoctorFinding Token(string token, DateTimeOffset now)
    {
        const string Name = "admin token";
        if (!token.Contains('.', StringComparison.Ordinal))
        {
            return DoctorFinding.Warn(
                Name, "the first token: role admin, without an end",
                "keep it away and use short-lived ones: nacre admin token --role viewer --for 1h");
        }

        try
        {
            using var payload = JsonDocument.Parse(JsonWebToken.Parse(token).Payload);
            var claims = JsonObject.Create(payload.RootElement.Clone())!;
            var end = DateTimeOffset.FromUnixTimeSeconds((long)claims["exp"]!);
            var age = claims["iat"] is { } made ? $", {Span(now - DateTimeOffset.FromUnixTimeSeconds((long)made))} old" : "";
            var found = $"role {claims["role"]}{age}, ends in {Span(end - now)}";
            return end - now < s_tokenEnd
                ? DoctorFinding.Warn(Name, found, "make another: nacre admin token") : DoctorFinding.Ok(Name, found);
        }
        catch (Exception e) when (
            e is MalformedDataException or JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return DoctorFinding.Warn(Name, "its claims cannot be read here, though the server takes it", "");
        }
    }

    internal static DoctorFinding Policies(JsonObject policies)
    {
        var there = (policies["policies"] as JsonArray ?? []).Select(policy => $"{policy?["kind"]} {policy?["id"]}").ToHashSet();
        var missing = s_policies.Where(policy => !there.Contains(policy)).ToList();
        return missing.Count == 0 ? DoctorFinding.Ok("policies", $"{there.Count}, the defaults among them")
            : DoctorFinding.Fail(
                "policies", $"missing: {string.Join(", ", missing)}", "nacre policy history ID, nacre policy rollback ID --to N");
    }

    internal static DoctorFinding ReferenceValues(JsonObject reply, DateTimeOffset now)
    {
        const string Name = "reference values";
        var ends = (reply["reference-values"] as JsonArray ?? []).OfType<JsonObject>()
            .Select(value => (
                Name: (string?)value["name"] ?? "",
                End: DateTimeOffset.Parse(value["expiration"]!.ToString(), CultureInfo.InvariantCulture)))
            .OrderBy(value => value.End).ToList();
        if (ends.Count == 0)
            return DoctorFinding.Warn(Name, "there are none: the default policy affirms nobody", "nacre reference add NAME VALUE");

        var near = ends.Where(value => value.End - now < TimeSpan.FromDays(WarnDays)).ToList();
        if (near.Count == 0)
            return DoctorFinding.Ok(Name, $"{ends.Count}, the first ends in {Span(ends[0].End - now)}");

        var first = near[0].End <= now ? $"{near[0].Name} has ended" : $"{near[0].Name} ends in {Span(near[0].End - now)}";
        return DoctorFinding.Warn(
            Name, $"{near.Count} of {ends.Count} end within {WarnDays} days: {first}", "nacre reference add sets a value anew, with a new end");
    }

    internal static DoctorFinding TokenKeys(JsonObject reply, DateTimeOffset now)
    {
        var current = (reply["keys"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(key => (string?)key["use"] == "current");
        return current is null
            ? DoctorFinding.Fail("token keys", "none signs", "nacre token rotate")
            : DoctorFinding.Ok("token keys", $"{current["alg"]}, {Span(now - DateTimeOffset.FromUnixTimeSeconds((long)current["since"]!))} old");
    }

    private static string Span(TimeSpan time) => time switch
    {
        { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0} days"),
        { TotalHours: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, time.TotalMinutes):0} min"),
    };
}
